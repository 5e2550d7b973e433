// Calls and returns, system calls and their ends: that they nest, per task, and that the calls are those of the profile.
#pragma once

#include "emu/verify/problem.hpp"

#include <map>
#include <set>
#include <vector>

namespace emu {

class Nesting {
public:
    explicit Nesting(const std::string& profile);       // throws Problem when there is no such kernel

    void call(const traces::Event& call);
    void ret(const traces::Event& ret);
    void local(const traces::Event& local) const;
    void enter(const traces::Event& sys_enter);
    void exit(const traces::Event& sys_exit);
    void born(i64 pid, i64 parent);                     // a new task has this number, and is inside its parent's system call
    void renumbered(i64 before, i64 now);

private:
    struct Open {
        std::vector<std::string> calls;
        i64 system_call = -1;                           // its number, -1: none
    };
    Open& stackOf(const traces::Event& event);

    std::set<std::string, std::less<>> functions_;
    std::map<i64, Open> open_;
    Open switching_;                                    // __switch_to is called by one task and returns in the next one
};

}  // namespace emu
