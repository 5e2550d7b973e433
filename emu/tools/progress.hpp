// How far a long reading has come, on standard error while that is a terminal, and nobody is shown something else meanwhile.
#pragma once

#include "traces/types.hpp"

#include <chrono>
#include <string>

namespace emu {

class Progress {
public:
    enum class Meanwhile : u8 { nothing, writes };      // what else goes to a terminal or a pager
    Progress(std::string what, u64 total, Meanwhile meanwhile = Meanwhile::nothing);      // bytes; 0: not known
    ~Progress() { end(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void at(u64 bytes);                         // cheap: it looks at the clock every few thousand times
    void end();                                 // takes the line away

private:
    void show(u64 bytes);

    std::string what_;
    u64 total_;
    bool terminal_;
    bool visible_ = false;
    u32 calls_ = 0;
    std::chrono::steady_clock::time_point next_;
};

// What writing there while reading is: "-" is standard output.
Progress::Meanwhile meanwhileTo(const std::string& output);

}  // namespace emu
