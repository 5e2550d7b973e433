// Turns executed instructions into `insn` events; those that a fault stopped before they had done anything are none.
#pragma once

#include "cpu/cpu.hpp"
#include "emu/recording/guest_symbols.hpp"
#include "traces/json_writer.hpp"

#include <array>
#include <memory>

namespace emu {

class Recording;

// What an `insn` event says of an instruction, or of the part of one that was done when a fault stopped it; not its symbol.
enum class Done : u8 { whole, part };
std::vector<traces::Attr> instructionAttrs(const cpu::InstructionRecord& record, Done done);
bool hasEffect(const cpu::InstructionRecord& record);       // false: no register and no memory is other than before

class InstructionTracer final : public cpu::InstructionObserver {
public:
    InstructionTracer();
    ~InstructionTracer() override;
    // `recording` says which; `writer` alone gets the events, as text. Without: all, to every observer.
    // `leavesOut`: the recording may drop an instruction that it wanted.
    void recordInto(Recording* recording, traces::JsonWriter* writer, bool leavesOut);
    void instruction(const cpu::InstructionRecord& record) override;
    void interrupted(const cpu::InstructionRecord& record) override;
    bool quick(const cpu::InstructionRecord& record) override;

private:
    // What the events of an instruction begin with, kept as text.
    struct Known {
        u64 address = 0, generation = 0;
        u32 number = 0;                 // of the definition: other than 0
        std::size_t length = 0;
        std::array<u8, 15> bytes{};
        std::string text;               // `,"address":"0x401000",...,"regs":`
    };
    const std::string& beginning(const cpu::InstructionRecord& record, std::size_t slot, bool& fresh);
    static std::size_t slotOf(u64 address) { return (address ^ address >> 14) % kept; }
    void emit(const cpu::InstructionRecord& record, Done done);
    void emitLine(const cpu::InstructionRecord& record);
    char* putAttributes(char* at, const cpu::InstructionRecord& record, const std::string& begin);
    char* putRecords(char* at, const cpu::InstructionRecord& record, const std::string& begin, std::size_t slot, bool fresh);

    static constexpr std::size_t kept = traces::compactSlots, longestLine = traces::compactLongest;
    GuestSymbols symbols_;
    Recording* recording_ = nullptr;
    traces::JsonWriter* writer_ = nullptr;
    bool leaves_out_ = false;
    u32 definitions_ = 0;
    std::vector<Known> known_;
    std::unique_ptr<char[]> line_;
};

}  // namespace emu
