// Process numbers and the system call table.
#include "kernel_model/arch/x86/kernel/entry.hpp"
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/version/version.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace kernel;

static pid* alloc_pid() { return newPid(nextPidNumber()); }

TEST_CASE("pids go up, and wrap behind pid_max to 300") {
    pid* first = alloc_pid();
    const int start = first->nr;
    CHECK(find_vpid(start) == first);
    free_pid(first);
    CHECK(find_vpid(start) == nullptr);
    pid* second = alloc_pid();
    CHECK(second->nr == start + 1);         // not the freed one
    int last = second->nr;
    free_pid(second);
    while (last < 32767) {
        pid* next = alloc_pid();
        REQUIRE(next->nr == last + 1);
        last = next->nr;
        free_pid(next);
    }
    pid* wrapped = alloc_pid();
    CHECK(wrapped->nr == 300);
    free_pid(wrapped);
}

TEST_CASE("a number is taken once, and only if it is one") {
    pid* chosen = newPid(31000);
    REQUIRE(chosen);
    CHECK(chosen->nr == 31000);
    CHECK(newPid(31000) == nullptr);
    CHECK(newPid(0) == nullptr);
    CHECK(newPid(-5) == nullptr);
    CHECK(newPid(32768) == nullptr);
    free_pid(chosen);
    pid* again = newPid(31000);
    REQUIRE(again);
    free_pid(again);
}

TEST_CASE("a pid is freed with its last user") {
    task_struct one, two;
    one.group_leader = &one;
    two.group_leader = &two;
    pid* number = alloc_pid();
    const int nr = number->nr;
    attach_pid(&one, PIDTYPE_PID, number);
    attach_pid(&one, PIDTYPE_PGID, number);
    attach_pid(&two, PIDTYPE_PGID, number);
    CHECK(find_task_by_vpid(nr) == &one);
    CHECK(task_pgrp_nr(&two) == nr);
    detach_pid(&one, PIDTYPE_PID);
    CHECK(find_task_by_vpid(nr) == nullptr);
    CHECK(find_vpid(nr) == number);         // still a process group
    detach_pid(&one, PIDTYPE_PGID);
    detach_pid(&two, PIDTYPE_PGID);
    CHECK(find_vpid(nr) == nullptr);
}

TEST_CASE("the table agrees with the names") {
    int rows = 0;
    for (u64 nr = 0; nr < 512; ++nr) {
        const SyscallDefinition* definition = syscallByNumber(nr);
        if (!definition) continue;
        ++rows;
        const char* name = syscallNameOfLinux(nr);
        INFO(nr << " " << definition->name);
        REQUIRE(name);
        const std::string defined = definition->name;
        CHECK((defined == name || defined == "new" + std::string(name) || defined == std::string(name) + "64" ||
               (defined == "umount" && nr == 166)));
        CHECK(inProfile(nr));
    }
    CHECK(rows > 170);
    const Version& before = version();
    setVersion(*findVersion("v6.1"));
    for (u64 nr = 0; nr < 512; ++nr)
        if (syscallByNumber(nr) && !inProfile(nr)) FAIL_CHECK(nr << " has a row, but no function in v6.1");
    setVersion(before);
    CHECK(std::string(syscallNameOfLinux(318)) == "getrandom");
    CHECK_FALSE(inProfile(318));
    CHECK_FALSE(inProfile(174));            // create_module
    CHECK(std::string(syscallNameOfLinux(435)) == "clone3");
    CHECK(syscallNameOfLinux(100000) == nullptr);
}
