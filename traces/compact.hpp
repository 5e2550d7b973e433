// The compact form of a trace (docs/trace-format.md, "Compact form"): JSON lines as they are, and instructions as a few bytes each.
// It holds the same as the JSON Lines and is read as those.
#pragma once

#include "traces/event.hpp"
#include "traces/hash.hpp"
#include "traces/plain_bytes.hpp"

#include <array>
#include <optional>
#include <streambuf>
#include <string>
#include <vector>

namespace traces {

constexpr std::string_view compactMagic = "execscope-compact 2 ";   // then names of registers and a newline
constexpr std::size_t compactSlots = std::size_t{1} << 14;          // instructions that are known at a time
constexpr std::size_t compactLongest = std::size_t{1} << 14;        // bytes of what is known of one
constexpr unsigned compactRegisters = 24;                           // at most; above them in the mask, how many writes there are

// The first byte of a record. Numbers are little-endian.
enum class CompactRecord : char {
    line = 'L',         // u32 length, a line without its newline
    footer = 'F',       // the same without `hash`
    hash = 'H',         // u64, XXH64 of all bytes before this record; stands behind the footer, and nothing behind it
    place = 'E',        // u64 seq, u64 insn, u32 pid of the next instruction; otherwise the next of the last line
    define = 'D',       // u16 slot, u32 length, what the events of an instruction begin with: `,"address":...,"regs":`
    step = 'I',         // u16 slot, u32 mask, u64 per register, then per write u64 address, u8 size, the bytes
    text = 'T',         // u32 length, the attributes of an instruction as text: `,"address":...}`
};

struct CompactPlace { u64 seq = 0, insn = 0; i64 pid = -1; };

// Turns events into records.
class CompactEncoder {
public:
    static std::string beginning(std::string_view registers) { return std::string(compactMagic) + std::string(registers) + "\n"; }
    void line(std::string& out, const Event& event, std::string_view text);
    void instruction(std::string& out, const Event& event, std::string_view record);
    static void hash(std::string& out, u64 hash);          // of the bytes before it; ends the trace

private:
    CompactPlace last_;
};

// The text of a trace in either form. Throws DamagedData behind the text that is good, with the byte where the record begins; the footer
// of a compact one only where its hash is that of its bytes.
class TraceText final : public PieceBuffer {
public:
    explicit TraceText(std::streambuf& plain) : plain_(plain) {}

protected:
    int_type underflow() override;

private:
    void begin();
    bool need(std::size_t size);                // so many bytes are in in_; false: the file ends before
    template <class T> T take();
    std::string_view takeText(std::size_t size);
    void records();                             // some, into out_
    bool record();                              // one, into out_; false: the end
    bool line(CompactRecord kind);
    bool footer();
    [[noreturn]] void damaged(const char* what) const;
    bool define();
    bool step();
    bool text();
    void beginLine();
    void endLine(std::size_t begin);
    void putWrites(unsigned count);

    static constexpr std::size_t chunk = std::size_t{1} << 17, longest = std::size_t{64} << 20;
    std::streambuf& plain_;
    bool begun_ = false, compact_ = false, ended_ = false;
    std::string in_, out_;
    std::size_t at_ = 0;                        // in in_
    std::optional<DamagedData> damage_;         // behind out_
    u64 erased_ = 0, record_ = 0;               // bytes before in_; where the present record begins
    Xxh64 bytes_;                               // of what was erased
    std::vector<std::string> registers_;        // `"rax":` and so on
    std::vector<std::string> known_;
    CompactPlace next_;
    Xxh64 hash_;                                // of the lines
};

}  // namespace traces
