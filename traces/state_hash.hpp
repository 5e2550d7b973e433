// The hash of a machine's state, as docs/trace-format.md defines it ("State hashes"): lines of text per part, in a fixed order.
// The machine computes it from what it is, a reader from what the events made of it; both spell the lines here.
#pragma once

#include "traces/event.hpp"
#include "traces/hash.hpp"

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace traces {

using FieldValues = std::map<std::string, Value, std::less<>>;
u64 hashOfFields(const FieldValues& fields);        // "NAME=VALUE\n" each, VALUE as in JSON

enum class Part : u8 { tasks, registers, areas, tables, memory, descriptors, run_queue, formats, objects };
inline constexpr std::size_t partCount = static_cast<std::size_t>(Part::objects) + 1;
std::string_view partName(Part part) noexcept;
u64 kindsOf(Part part) noexcept;                    // kinds of events without which a reader cannot know it

// The parts that a trace with these kinds of events tells.
constexpr u32 bit(Part part) noexcept { return u32{1} << static_cast<unsigned>(part); }
u32 partsTold(u64 kinds) noexcept;

class StateHash {
public:
    explicit StateHash(u32 parts) : told_(parts) {}
    bool has(Part part) const noexcept { return told_ & bit(part); }
    void line(Part part, std::string_view text);                    // hashes it and a newline
    void page(u64 pfn, std::span<const u8, 4096> content);          // in ascending order of pfn: Part::memory
    u64 part(Part part) const noexcept { return parts_[static_cast<std::size_t>(part)].digest(); }
    u64 digest() const noexcept;                                    // of the digests of its parts, 8 bytes each, low ones first
    Value parts() const;                                            // name and hash of each, for a checkpoint

private:
    u32 told_;
    std::array<Xxh64, partCount> parts_;
};

// The lines, spelled once.
std::string taskLine(std::string_view task, i64 pid, i64 tgid, std::string_view comm);
std::string registersLine(std::string_view task, u64 hash);
struct AreaLine {
    u64 start, end;
    std::string_view flags;
    u64 pgoff;
    std::string_view file;                                          // name of the file object, or empty
};
std::string areaLine(std::string_view mm, const AreaLine& area);
std::string tableLine(std::string_view mm, u64 address, u64 entry);
std::string descriptorLine(std::string_view table, u64 fd, std::string_view file, bool close_on_exec);
std::string objectLine(std::string_view object, u64 fields);

}  // namespace traces
