#include "emu/state/registers.hpp"

#include "traces/hash.hpp"
#include "traces/json_digits.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <vector>

namespace emu {

namespace {

using cpu::Registers;
using traces::Value;

struct Field {
    std::string name;
    std::size_t offset;
    std::size_t width;      // bytes of a lane
    std::size_t lanes;
};

// Fields that lie together: whether any of them differs is one comparison.
struct Group {
    std::size_t offset, size;
    std::vector<Field> fields;
};

#define AT(member) offsetof(Registers, member), sizeof(Registers::member)

Group integerRegisters() {
    constexpr const char* names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                     "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    Group group{0, offsetof(Registers, ymm), {}};
    for (std::size_t i = 0; i < std::size(names); ++i) group.fields.push_back({names[i], offsetof(Registers, gpr) + 8 * i, 8, 1});
    const Field others[] = {{"rip", AT(rip), 1},         {"rflags", AT(rflags), 1}, {"fs_base", AT(fs_base), 1},
                            {"gs_base", AT(gs_base), 1}, {"mxcsr", AT(mxcsr), 1},   {"pkru", AT(pkru), 1},
                            {"cs", AT(cs), 1},           {"ss", AT(ss), 1},         {"ds", AT(ds), 1},
                            {"es", AT(es), 1},           {"fs", AT(fs), 1},         {"gs", AT(gs), 1}};
    group.fields.insert(group.fields.end(), std::begin(others), std::end(others));
    return group;
}

Group vectorRegisters() {
    Group group{AT(ymm), {}};
    for (std::size_t i = 0; i < 16; ++i)
        group.fields.push_back({"ymm" + std::to_string(i), offsetof(Registers, ymm) + i * sizeof(cpu::Vector256), 8, 4});
    return group;
}

Group x87Registers() {
    using cpu::X87;
    const std::size_t at = offsetof(Registers, x87);
    Group group{AT(x87), {{"x87_control", at + offsetof(X87, control), 2, 1},
                          {"x87_status", at + offsetof(X87, status), 2, 1},
                          {"x87_tags", at + offsetof(X87, tags), 2, 1},
                          {"x87_opcode", at + offsetof(X87, opcode), 2, 1},
                          {"x87_instruction", at + offsetof(X87, instruction), 8, 1},
                          {"x87_operand", at + offsetof(X87, operand), 8, 1}}};
    for (std::size_t i = 0; i < 8; ++i) {
        const std::size_t slot = at + offsetof(X87, physical) + i * sizeof(X87::Slot);
        group.fields.push_back({"x87_r" + std::to_string(i), slot + offsetof(X87::Slot, significand), 8, 1});
        group.fields.push_back({"x87_r" + std::to_string(i) + "_exponent", slot + offsetof(X87::Slot, exponent), 2, 1});
    }
    return group;
}

#undef AT

const std::array<Group, 3>& groups() {
    static const std::array<Group, 3> all = {integerRegisters(), vectorRegisters(), x87Registers()};
    return all;
}

const u8* bytesOf(const Registers& r) { return reinterpret_cast<const u8*>(&r); }

const Field* fieldNamed(std::string_view name) {
    for (const Group& group : groups())
        if (const auto field = std::ranges::find(group.fields, name, &Field::name); field != group.fields.end()) return &*field;
    return nullptr;
}

u64 lane(const Registers& r, const Field& field, std::size_t i) {
    u64 value = 0;
    std::memcpy(&value, bytesOf(r) + field.offset + i * field.width, field.width);
    return value;
}

Value valueOf(const Registers& r, const Field& field) {
    if (field.lanes == 1) return Value::hex(lane(r, field, 0));
    std::vector<Value> lanes;
    for (std::size_t i = 0; i < field.lanes; ++i) lanes.push_back(Value::hex(lane(r, field, i)));
    return Value::list(std::move(lanes));
}

bool setLane(Registers& r, const Field& field, std::size_t i, const Value& value) {
    if (value.type != Value::Type::hex || (field.width < 8 && value.number >> (8 * field.width))) return false;
    std::memcpy(reinterpret_cast<u8*>(&r) + field.offset + i * field.width, &value.number, field.width);
    return true;
}

}  // namespace

Value differingRegisters(const Registers& a, const Registers& b, std::string_view but) {
    Value out = Value::object();
    for (const Group& group : groups()) {
        if (!std::memcmp(bytesOf(a) + group.offset, bytesOf(b) + group.offset, group.size)) continue;
        for (const Field& field : group.fields) {
            const bool same = !std::memcmp(bytesOf(a) + field.offset, bytesOf(b) + field.offset, field.width * field.lanes);
            if (!same && field.name != but) out.with(field.name, valueOf(b, field));
        }
    }
    return out;
}

static char* putField(char* at, const Registers& r, const Field& field) {
    at = traces::putText(at, "\"");
    at = traces::putText(traces::putText(at, field.name), "\":");
    if (field.lanes > 1) *at++ = '[';
    for (std::size_t i = 0; i < field.lanes; ++i) {
        at = traces::putHex(at, lane(r, field, i));
        *at++ = ',';
    }
    if (field.lanes == 1) return at;        // with a comma behind
    at[-1] = ']';
    *at++ = ',';
    return at;
}

static const u64& wordOf(const Registers& r, int i) { return i < 16 ? r.gpr[i] : i == 16 ? r.rip : r.rflags; }

char* putChangedRegisters(char* at, const Registers& a, const Registers& b, u32 changed) {
    *at++ = '{';
    char* const begin = at;
    const std::vector<Field>& integers = groups()[0].fields;
    for (u32 words = changed & ((1u << registerWords) - 1); words; words &= words - 1)
        at = putField(at, b, integers[static_cast<std::size_t>(std::countr_zero(words))]);
    const auto putDiffering = [&](const Field& field) {
        if (std::memcmp(bytesOf(a) + field.offset, bytesOf(b) + field.offset, field.width * field.lanes)) at = putField(at, b, field);
    };
    if (changed & cpu::InstructionRecord::OTHERS) {
        std::for_each(integers.begin() + registerWords, integers.end(), putDiffering);
        for (const Group* group : {&groups()[1], &groups()[2]}) std::ranges::for_each(group->fields, putDiffering);
    }
    if (at != begin) --at;
    *at++ = '}';
    return at;
}

u32 putWords(char*& at, const Registers& registers, u32 changed) {
    changed &= (1u << registerWords) - 1;
    for (u32 words = changed; words; words &= words - 1) {
        std::memcpy(at, &wordOf(registers, std::countr_zero(words)), sizeof(u64));
        at += sizeof(u64);
    }
    return changed;
}

u64 hashOfRegisters(const Registers& registers) {
    traces::Xxh64 hash;
    for (const Group& group : groups())
        for (const Field& field : group.fields)
            for (std::size_t i = 0; i < field.lanes; ++i) {
                const u64 value = lane(registers, field, i);
                hash.update(&value, sizeof value);
            }
    return hash.digest();
}

bool setRegister(Registers& registers, std::string_view name, const Value& value) {
    const Field* field = fieldNamed(name);
    if (!field) return false;
    if (field->lanes == 1) return setLane(registers, *field, 0, value);
    if (value.type != Value::Type::list || value.items.size() != field->lanes) return false;
    for (std::size_t i = 0; i < field->lanes; ++i)
        if (!setLane(registers, *field, i, value.items[i])) return false;
    return true;
}

Value registerValue(const Registers& registers, std::string_view name) {
    const Field* field = fieldNamed(name);
    return field ? valueOf(registers, *field) : Value::null();
}

std::span<const std::string> registerNames() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const Group& group : groups())
            for (const Field& field : group.fields) all.push_back(field.name);
        return all;
    }();
    return names;
}

}  // namespace emu
