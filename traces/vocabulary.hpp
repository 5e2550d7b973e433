// The vocabulary of events, each kind declared once. Schema, documentation and --help derive from this table.
#pragma once

#include "traces/types.hpp"

#include <span>
#include <string>
#include <string_view>

namespace traces {

enum class Kind : u8 {
    header, task, call, ret, local, set, object_new, object_free, check, formats, vma, pte, page_fill, blob, user_write,
    page_write, sys_enter, sys_exit, input, page_fault_user, exception, sched_switch, run_queue, sched_process_fork,
    sched_process_exec, sched_process_exit, signal_generate, signal_deliver, registers, insn, unsupported, truncated, checkpoint, footer,
};
inline constexpr std::size_t kindCount = static_cast<std::size_t>(Kind::footer) + 1;
constexpr u64 bit(Kind kind) noexcept { return u64{1} << static_cast<unsigned>(kind); }

inline constexpr std::string_view schemaId = "execscope-trace";
inline constexpr std::string_view schemaVersion = "1.5";

// What an attribute holds in JSON.
enum class AttrType : u8 {
    text,      // string
    count,     // integer, 64 bits, signed
    hex,       // string "0x1f": no leading zeros, lower case, at most 64 bits
    boolean,
    bytes,     // string of two hex digits per byte, in memory order
    object,    // name of a kernel object, "mm_struct#3", or null
    texts,     // array of strings
    hexes,     // array of hex strings
    map,       // object of names and values
    memory,    // array of {"address": hex, "bytes": bytes}
    any,       // what the value's own type asks for: null, boolean, integer, string, array or object
};

struct AttrInfo {
    std::string_view name;
    AttrType type;
    bool required;
    std::string_view meaning;
};

struct KindInfo {
    Kind kind;
    std::string_view name;       // in JSON
    std::string_view category;   // for -e trace=; "always" cannot be switched off
    std::string_view meaning;
    std::span<const AttrInfo> attrs;
};

struct CategoryInfo {
    std::string_view name;
    std::string_view meaning;
};

std::span<const KindInfo> vocabulary() noexcept;            // in the order of Kind
const KindInfo& info(Kind kind) noexcept;
const KindInfo* findKind(std::string_view name) noexcept;   // by its JSON name, or null
const AttrInfo* findAttr(const KindInfo& kind, std::string_view name) noexcept;
std::span<const CategoryInfo> categories() noexcept;        // those that can be chosen

u64 alwaysOn() noexcept;      // header, footer, unsupported, truncated, checkpoint
u64 everything() noexcept;

// Reads the CATEGORIES of -e trace=CATEGORIES: categories and names of kinds, "all", "none", separated by commas; "!x"
// takes x away (from everything, when it comes first).
struct Selection {
    u64 mask = 0;        // with alwaysOn()
    std::string error;   // empty: it was understood
};
Selection parseCategories(std::string_view text);
std::string describeMask(u64 mask);   // the shortest text that parses to it

}  // namespace traces
