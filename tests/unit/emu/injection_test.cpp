#include "emu/injection.hpp"

#include "kernel_model/include/injection.hpp"
#include "kernel_model/include/version/version.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <stdexcept>

namespace {

std::string refusal(const std::string& text) {
    try {
        const emu::InjectionPlan plan({text});
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

std::string covered(const std::string& when) {
    const emu::Injection injection = emu::parseInjection("mm_alloc:error=ENOMEM" + when);
    std::string calls;
    for (u64 call = 1; call <= 9; ++call)
        if (injection.covers(call)) calls += std::to_string(call);
    return calls;
}

}  // namespace

TEST_CASE("when= is strace's") {
    CHECK(covered("") == "123456789");
    CHECK(covered(":when=1") == "1");
    CHECK(covered(":when=3") == "3");
    CHECK(covered(":when=3+") == "3456789");
    CHECK(covered(":when=2+3") == "258");
    CHECK(covered(":when=2..4") == "234");
    CHECK(covered(":when=2..7+") == "234567");
    CHECK(covered(":when=2..7+2") == "246");
    for (const char* bad : {":when=", ":when=0", ":when=x", ":when=3+0", ":when=3-4", ":when=4..2", ":when=1+2x"})
        CHECK_THROWS_AS(covered(bad), std::runtime_error);
}

TEST_CASE("an errno is a name or a number") {
    CHECK(emu::parseInjection("f:error=ENOENT").error == ENOENT);
    CHECK(emu::parseInjection("f:error=12").error == ENOMEM);
    CHECK(emu::parseInjection("f:error=ERESTARTNOINTR").error == 513);
    CHECK(emu::parseInjection("f,g:when=2:error=4095").functions == std::vector<std::string>{"f", "g"});
    for (const char* bad : {"f", "f:error=", "f:error=0", "f:error=4096", "f:error=EFOO", ":error=EIO", "f:retval=1", "f,:error=EIO"})
        CHECK_THROWS_AS(emu::parseInjection(bad), std::runtime_error);
}

TEST_CASE("only functions of the booted kernel that can fail are accepted") {
    kernel::setVersion(*kernel::findVersion("v3.10"));
    CHECK(refusal("flush_old_exec:error=EIO").empty());
    CHECK(refusal("begin_new_exec:error=EIO").find("v3.10 has no function begin_new_exec; near it: ") != std::string::npos);
    CHECK(refusal("flsh_old_exec:error=EIO").find("flush_old_exec") != std::string::npos);
    CHECK(refusal("mmput:error=EIO").find("mmput cannot fail") != std::string::npos);
    CHECK(refusal("handle_mm_fault:error=EIO").find("handle_mm_fault cannot fail") != std::string::npos);
    kernel::setVersion(*kernel::findVersion("v6.1"));
    CHECK(refusal("begin_new_exec:error=EIO").empty());
    CHECK(refusal("check_unsafe_exec:error=EAGAIN").find("cannot fail") != std::string::npos);
    CHECK(refusal("__x64_sys_execve:error=EPERM").empty());
    kernel::setVersion(*kernel::findVersion("v3.10"));
    CHECK(refusal("sys_execve:error=EPERM").empty());
}

TEST_CASE("calls are counted per function, and what never happened is said") {
    kernel::setVersion(*kernel::findVersion("v3.10"));
    emu::InjectionPlan plan({"mm_alloc,dup_mm:error=ENOMEM:when=2", "open_exec:error=EIO:when=7"});
    CHECK(plan.error("mm_alloc") == 0);
    CHECK(plan.error("dup_mm") == 0);
    CHECK(plan.error("copy_mm") == 0);
    CHECK(plan.error("mm_alloc") == ENOMEM);
    CHECK(plan.error("mm_alloc") == 0);
    CHECK(plan.error("open_exec") == 0);
    CHECK(plan.happened() == "mm_alloc");
    emu::InjectionPlan alike({"dup_mmap,dup_mm:error=ENOMEM"});
    CHECK(alike.error("dup_mmap") == ENOMEM);
    CHECK(alike.happened() == "dup_mmap");
    CHECK(alike.error("dup_mm") == ENOMEM);
    CHECK(alike.happened() == "dup_mmap, dup_mm");
    REQUIRE(plan.unused().size() == 1);
    CHECK(plan.unused()[0].find("open_exec was called 1 times") != std::string::npos);
}
