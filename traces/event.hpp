// One event of a trace, as observers see it: a kind of the vocabulary and named values.
#pragma once

#include "traces/types.hpp"
#include "traces/vocabulary.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace traces {

// A value in an event. Addresses, register values and flag words are hex ("0x1f" in JSON), counts are numbers.
struct Value {
    enum class Type : u8 { null, boolean, count, hex, text, list, object };
    Type type = Type::null;
    u64 number = 0;                  // boolean, hex; count as i64 in two's complement
    std::string string;              // text: UTF-8; guest bytes that are not are escaped by the writer
    std::vector<Value> items;        // list and object
    std::vector<std::string> keys;   // object: the name of each item

    static Value null() { return {}; }
    static Value boolean(bool b) { return {Type::boolean, b, {}, {}, {}}; }
    static Value count(i64 n) { return {Type::count, static_cast<u64>(n), {}, {}, {}}; }
    static Value hex(u64 n) { return {Type::hex, n, {}, {}, {}}; }
    static Value text(std::string_view s) { return {Type::text, 0, std::string(s), {}, {}}; }
    static Value list(std::vector<Value> v) { return {Type::list, 0, {}, std::move(v), {}}; }
    static Value object() { return {Type::object, 0, {}, {}, {}}; }
    static Value bytes(const void* data, std::size_t size);   // text of two hex digits per byte

    Value& with(std::string_view key, Value item);            // appends to an object
    const Value* find(std::string_view key) const;            // an object's item, or null
    i64 asCount() const noexcept { return static_cast<i64>(number); }
    bool operator==(const Value&) const = default;
};

struct Attr {
    std::string_view name;
    Value value;
};

struct Event {
    Kind kind;
    u64 seq = 0;            // position in the trace, from 0
    u64 insn = 0;           // guest instructions executed on the machine so far: the trace's clock
    int pid = 0;            // task on whose behalf it happened; 0 is init_task
    std::vector<Attr> attrs;

    const Value* find(std::string_view name) const;
};

// Everything that consumes a trace: JSON writer, tree renderer, tests. Called in order, on one thread.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void event(const Event&) = 0;
};

}  // namespace traces
