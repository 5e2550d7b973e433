// What derives from the vocabulary: the JSON Schema, and the reference of events in docs/trace-format.md.
#pragma once

#include <map>
#include <string>

namespace traces {

std::string schemaText();   // JSON Schema 2020-12 of one line of a trace

// Markdown: a section per kind with its attributes and a line of a real trace. Kinds without a line have none.
std::string eventReference(const std::map<std::string, std::string>& lines);
std::string categoryReference();

}  // namespace traces
