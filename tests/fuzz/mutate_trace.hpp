// Changes of the forms of a trace. Equal seeds give equal changes.
#pragma once

#include <string>

namespace fuzz {

// One to four changes: of a value, a byte, of lines or the end. In half of them the events are numbered again, so that verify gets
// further.
std::string changedLines(std::string text, unsigned seed);

// The same of records of the compact form, and of the numbers in them. In half of them the hash at the end is made right again.
std::string changedRecords(std::string trace, unsigned seed);

}  // namespace fuzz
