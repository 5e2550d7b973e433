// What derives from the vocabulary: the JSON Schema, and the reference of events in docs/trace-format.md.
#pragma once

#include <map>
#include <string>

namespace traces {

// JSON Schema 2020-12 of one line of a trace. strict: what this version writes, and nothing else; for writers and tests.
// permissive: what a reader of this major version accepts, with kinds and keys that it does not know; for readers.
enum class Schema : unsigned char { strict, permissive };
std::string schemaText(Schema which);

// Markdown: a section per kind with its attributes and a line of a real trace. Kinds without a line have none.
std::string eventReference(const std::map<std::string, std::string>& lines);
std::string categoryReference();

}  // namespace traces
