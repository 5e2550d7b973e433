#include "traces/schema.hpp"

#include "traces/vocabulary.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace traces {
namespace {

using Json = nlohmann::ordered_json;

Json reference(std::string_view definition) { return {{"$ref", "#/$defs/" + std::string(definition)}}; }

Json typeSchema(AttrType type) {
    switch (type) {
        case AttrType::text: return {{"type", "string"}};
        case AttrType::count: return {{"type", "integer"}};
        case AttrType::hex: return reference("hex");
        case AttrType::boolean: return {{"type", "boolean"}};
        case AttrType::bytes: return reference("bytes");
        case AttrType::object: return reference("objectName");
        case AttrType::texts: return {{"type", "array"}, {"items", {{"type", "string"}}}};
        case AttrType::hexes: return {{"type", "array"}, {"items", reference("hex")}};
        case AttrType::map: return {{"type", "object"}, {"additionalProperties", reference("value")}};
        case AttrType::memory: return {{"type", "array"}, {"items", reference("memoryChange")}};
        case AttrType::any: return reference("value");
    }
    return {};
}

std::string_view typeName(AttrType type) {
    constexpr std::string_view names[] = {"text",  "number",  "hex",    "boolean",         "bytes", "object name",
                                          "texts", "hexes", "map", "memory changes", "any"};
    return names[static_cast<std::size_t>(type)];
}

Json described(Json schema, std::string_view meaning) {
    schema["description"] = meaning;
    return schema;
}

// Other keys are refused, or ignored.
Json object(Json schema, Schema which) {
    schema["type"] = "object";
    if (which == Schema::strict) schema["additionalProperties"] = false;
    return schema;
}

Json kindSchema(const KindInfo& kind, Schema which) {
    Json properties = {{"kind", {{"const", kind.name}}},
                       {"seq", reference("natural")},
                       {"insn", reference("natural")},
                       {"pid", reference("natural")}};
    Json required = {"kind", "seq", "insn", "pid"};
    for (const AttrInfo& attr : kind.attrs) {
        properties[std::string(attr.name)] = described(typeSchema(attr.type), attr.meaning);
        if (attr.required) required.push_back(attr.name);
    }
    return object({{"title", kind.name}, {"description", kind.meaning}, {"properties", properties}, {"required", required}}, which);
}

Json definitions(Schema which) {
    Json defs;
    defs["natural"] = {{"type", "integer"}, {"minimum", 0}};
    defs["hex"] = {{"type", "string"},
                   {"pattern", "^0x(0|[1-9a-f][0-9a-f]{0,15})$"},
                   {"description", "a 64-bit number: address, register value or flags"}};
    defs["bytes"] = {{"type", "string"},
                     {"pattern", "^([0-9a-f]{2})*$"},
                     {"description", "bytes in memory order, two hex digits each"}};
    defs["objectName"] = {{"anyOf", {{{"type", "null"}}, {{"type", "string"}, {"pattern", "^[A-Za-z_][A-Za-z0-9_]*#[0-9]+$"}}}},
                          {"description", "a kernel object, TYPE#N, or null"}};
    defs["memoryChange"] =
        object({{"properties", {{"address", reference("hex")}, {"bytes", reference("bytes")}}}, {"required", {"address", "bytes"}}}, which);
    defs["value"] = {{"anyOf",
                      {{{"type", {"null", "boolean", "integer", "string"}}},
                       {{"type", "array"}, {"items", reference("value")}},
                       {{"type", "object"}, {"additionalProperties", reference("value")}}}}};
    for (const KindInfo& kind : vocabulary()) defs[std::string(kind.name)] = kindSchema(kind, which);
    return defs;
}

// `if` the kind is this one `then` its schema: an error names what is wrong with that kind, not with all of them.
Json dispatch() {
    Json cases = Json::array();
    for (const KindInfo& kind : vocabulary())
        cases.push_back({{"if", {{"properties", {{"kind", {{"const", kind.name}}}}}}}, {"then", reference(kind.name)}});
    return cases;
}

}  // namespace

std::string schemaText(Schema which) {
    const bool strict = which == Schema::strict;
    Json names = Json::array();
    for (const KindInfo& kind : vocabulary()) names.push_back(kind.name);
    const Json envelope = {
        {"kind", {{"type", "string"}}}, {"seq", reference("natural")}, {"insn", reference("natural")}, {"pid", reference("natural")}};
    const Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                         {"$id", "urn:" + std::string(schemaId) + ":" + std::string(schemaVersion) + (strict ? "" : ":permissive")},
                         {"title", std::string("One line of an execscope trace") + (strict ? "" : ", as readers accept it")},
                         {"$comment", "Generated from traces/vocabulary.cpp; see docs/trace-format.md."},
                         {"type", "object"},
                         {"properties", strict ? Json{{"kind", {{"enum", names}}}} : envelope},
                         {"required", strict ? Json{"kind"} : Json{"kind", "seq", "insn", "pid"}},
                         {"allOf", dispatch()},
                         {"$defs", definitions(which)}};
    return schema.dump(2) + '\n';
}

std::string eventReference(const std::map<std::string, std::string>& lines) {
    std::string out;
    for (const KindInfo& kind : vocabulary()) {
        const std::string name(kind.name);
        out += "### " + name + "\n\n" + std::string(kind.meaning) + " Category: " + std::string(kind.category) + ".\n\n";
        if (const auto line = lines.find(name); line != lines.end()) out += "```json\n" + line->second + "\n```\n\n";
        out += "| attribute | type | meaning |\n|---|---|---|\n";
        for (const AttrInfo& attr : kind.attrs) {
            std::string meaning(attr.meaning);
            for (std::size_t at = 0; (at = meaning.find('|', at)) != std::string::npos; at += 2) meaning.insert(at, "\\");
            out += "| `" + std::string(attr.name) + "`" + (attr.required ? "" : " (optional)") + " | " +
                   std::string(typeName(attr.type)) + " | " + meaning + " |\n";
        }
        out += '\n';
    }
    return out;
}

std::string categoryReference() {
    std::string out = "| category | kinds | what |\n|---|---|---|\n";
    const auto kinds = [](std::string_view category) {
        std::string list;
        for (const KindInfo& kind : vocabulary())
            if (kind.category == category) list += (list.empty() ? "" : ", ") + std::string(kind.name);
        return list;
    };
    for (const CategoryInfo& category : categories())
        out += "| `" + std::string(category.name) + "` | " + kinds(category.name) + " | " + std::string(category.meaning) + " |\n";
    return out + "| (always) | " + kinds("always") + " | what makes a file a trace, and what must not be missed |\n";
}

}  // namespace traces
