#include "emu/verify/objects.hpp"

#include <charconv>

namespace emu {

using traces::Event;
using traces::Part;
using traces::Value;

void FoldedObjects::made(const Event& event) {
    const ObjectName name = objectOf(event, "object");
    demand(name.type == textOf(event, "type"), name.text() + " is not of the type " + textOf(event, "type"));
    if (const Value* from = event.find("from"); from && from->type == Value::Type::text) {
        const ObjectName original = objectName(from->string);
        demand(original.type == name.type && alive(original), "there is no " + from->string + " to be duplicated");
    }
    u64& next = next_[name.type];
    demand(name.serial >= next, name.text() + " was there before");
    next = name.serial + 1;
    live_[name];
}

void FoldedObjects::changed(const Event& event, const std::optional<Value>& saved) {
    const ObjectName name = objectOf(event, "object");
    const Value &before = attr(event, "old"), &after = attr(event, "new");
    if (name.type == "page") return pageChanged(name.serial, event);
    const auto object = live_.find(name);
    demand(object != live_.end(), "there is no object " + name.text());
    const auto [field, fresh] = object->second.try_emplace(textOf(event, "field"), after);
    if (!fresh && field->second != before && before != saved)
        throw Problem(name.text() + "." + field->first + " was " + shown(field->second) + ", not " + shown(before));
    field->second = after;
}

// The other counts of frames are shown only while they are mapped.
void FoldedObjects::pageChanged(u64 pfn, const Event& event) {
    const i64 before = countOf(event, "old"), after = countOf(event, "new");
    demand(after >= 0 && before >= 0 && (after - before == 1 || before - after == 1),
           "a count of frame " + shownHex(pfn) + " changes by one");
    const std::string& field = textOf(event, "field");
    demand(field == "_mapcount" || field == "_count" || field == "_refcount", "a frame has no field " + field);
    if (field != "_mapcount") return referred(pfn, before, after);
    i64& count = map_counts_[pfn];
    demand(count == before, "frame " + shownHex(pfn) + " was mapped " + std::to_string(count) + " times, not " + std::to_string(before));
    count = after;
    if (after != 0) return;
    map_counts_.erase(pfn);
    references_.erase(pfn);
}

void FoldedObjects::referred(u64 pfn, i64 before, i64 after) {
    if (!map_counts_.contains(pfn)) return;
    const auto [count, fresh] = references_.try_emplace(pfn, after);
    if (!fresh && count->second != before)
        throw Problem("frame " + shownHex(pfn) + " had " + std::to_string(count->second) + " references, not " + std::to_string(before));
    count->second = after;
}

void FoldedObjects::freed(const Event& event) {
    const ObjectName name = objectOf(event, "object");
    const auto object = live_.find(name);
    demand(object != live_.end(), "there is no object " + name.text());
    if (const Value* hash = event.find("hash"))
        demand(hash->number == hashOfFields(object->second), "the fields of " + name.text() + " were not what the events made of them");
    live_.erase(object);
}

const Value* FoldedObjects::field(const ObjectName& object, std::string_view name) const {
    const auto at = live_.find(object);
    if (at == live_.end()) return nullptr;
    const auto field = at->second.find(name);
    return field == at->second.end() ? nullptr : &field->second;
}

void FoldedObjects::hash(traces::StateHash& state) const {
    for (const auto& [name, fields] : live_) {
        if (fields.empty()) continue;
        state.line(Part::objects, traces::objectLine(name.text(), hashOfFields(fields)));
        if (name.type == "files_struct") descriptors(name.text(), fields, state);
    }
}

void FoldedObjects::descriptors(const std::string& name, const traces::FieldValues& fields, traces::StateHash& state) const {
    std::map<u64, std::string> files;
    for (const auto& [field, value] : fields)
        if (u64 fd = 0; field.starts_with("fd[") && std::from_chars(field.data() + 3, field.data() + field.size(), fd).ec == std::errc())
            if (value.type == Value::Type::text) files[fd] = value.string;
    for (const auto& [fd, file] : files) {
        const auto flag = fields.find("close_on_exec[" + std::to_string(fd) + "]");
        state.line(Part::descriptors, traces::descriptorLine(name, fd, file, flag != fields.end() && flag->second.number));
    }
}

}  // namespace emu
