// What is in the guest's memory, as far as a trace tells it: what verify folds, without its questions. What does not fit is passed over.
#pragma once

#include "traces/event.hpp"

#include <array>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace emu {

class TracedMemory {
public:
    void event(const traces::Event& event);
    // `size` bytes that a task would read at `address`; empty when the trace does not tell them all.
    std::string read(int pid, u64 address, u64 size) const;
    u64 stackOf(int pid) const;                                 // its rsp; 0 when the trace does not tell it

private:
    static constexpr u64 pageSize = 4096, mostFrames = u64{1} << 28;
    using Page = std::array<char, pageSize>;

    void learnStack(const traces::Event& event);
    void fill(const traces::Event& event);
    void write(const std::string& mm, u64 address, const std::string& hexBytes);
    void writeFrame(u64 pfn, u64 offset, std::string_view bytes);

    bool known_ = false;                                        // the trace has what it takes
    std::unordered_map<u64, Page> frames_;
    std::map<std::string, std::unordered_map<u64, u64>> spaces_;    // page frame by address, of each mm_struct
    std::map<int, std::string> mms_;                            // of every task
    std::map<int, u64> stacks_;
    std::vector<std::string> blobs_;                            // the last ones, by number modulo their count
};

}  // namespace emu
