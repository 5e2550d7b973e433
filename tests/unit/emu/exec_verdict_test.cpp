#include "emu/elf/exec_verdict.hpp"

#include "tests/unit/emu/telling.hpp"

using namespace emu;
using namespace emu_test;

namespace {

class Story : public Telling<Story> {
public:
    Story() { at(0, 3).enter("execve"); }
    void take(const Event& event) { observer.event(event); }
    std::string text() { return describeExec(observer.verdict(), "/x", Checks::calm, {200, false}); }
    ExecObserver observer{3};
};

}  // namespace

TEST_CASE("of several formats the one that agreed with most says why") {
    Story t;
    t.call("search_binary_handler");
    t.call("load_script").check("file begins with #!", false).ret("load_script", -8);
    t.call("load_elf_binary").check("magic", true).check("type", true).call("load_elf_phdrs").check("number", false, 99);
    t.ret("load_elf_phdrs", -8).ret("load_elf_binary", -8);
    t.call("load_aout_binary").check("aout magic", false).ret("load_aout_binary", -8);
    t.call("call_modprobe").check("modprobe", false).ret("call_modprobe", -2);
    t.ret("search_binary_handler", -8).leave("execve", -8);
    contains(t.text(), "execve fails: ENOEXEC");
    contains(t.text(), "because in load_elf_phdrs \"number\" does not hold: it is 99");
    contains(t.text(), "Nowhere: execve gives up before it maps one.");
}

TEST_CASE("formats have the names of the list, in its order, in every search") {
    ExecObserver observer(3);
    const auto add = [&](Kind kind, int pid, std::vector<Attr> attrs) { observer.event(Event{kind, 0, 0, pid, std::move(attrs)}); };
    const auto call = [&](int pid, const char* function, Value args) {
        add(Kind::call, pid, {{"function", Value::text(function)}, {"args", std::move(args)}});
    };
    for (const auto& [name, at_head] : {std::pair("script_format", 0), std::pair("elf_format", 0), std::pair("misc_format", 1)})
        call(0, "__register_binfmt", Value::object().with("fmt", Value::text(name)).with("insert", Value::count(at_head)));
    add(Kind::sys_enter, 3, {{"name", Value::text("execve")}});
    for (int level = 0; level < 2; ++level) {
        call(3, "search_binary_handler", Value::object());
        for (const char* function : {"load_misc_binary", "load_script", "load_elf_binary"}) {
            call(3, function, Value::object());
            add(Kind::ret, 3, {{"function", Value::text(function)}, {"result", Value::count(-8)}});
        }
    }
    std::vector<std::string> asked;
    for (const ExecVerdict::Step& step : observer.verdict().steps)
        if (step.kind == ExecVerdict::Step::Kind::format) asked.push_back(step.text);
    const std::vector<std::string> once = {"misc_format: load_misc_binary", "script_format: load_script", "elf_format: load_elf_binary"};
    REQUIRE(asked.size() == 6);
    CHECK(std::vector(asked.begin(), asked.begin() + 3) == once);
    CHECK(std::vector(asked.begin() + 3, asked.end()) == once);
}

TEST_CASE("an error that was overcome is not the cause") {
    Story t;
    t.call("load_elf_binary").call("kernel_read").ret("kernel_read", -22).call("open_exec").check("x bit", false, 1);
    t.ret("open_exec", -13).ret("load_elf_binary", -13).leave("execve", -13);
    contains(t.text(), "because in open_exec \"x bit\" does not hold: it is 1");
}

TEST_CASE("without a rule the function that failed is named with its path") {
    Story t;
    t.call("load_elf_binary").call("do_filp_open", Value::object().with("pathname", Value::text("/ld.so")));
    t.ret("do_filp_open", -2).ret("load_elf_binary", -2).leave("execve", -2);
    contains(t.text(), "because do_filp_open(\"/ld.so\") gives ENOENT (No such file or directory)");
}

TEST_CASE("after the point of no return a signal ends it") {
    Story t;
    t.call("load_elf_binary").set("linux_binprm#0", "point_of_no_return", Value::boolean(true)).check("p_filesz <= p_memsz", false, 5);
    t.ret("load_elf_binary", -22).leave("execve", -22).add(Kind::sched_process_exit, {{"exit_code", Value::hex(11)}});
    contains(t.text(), "the old program is gone; from here an error kills");
    contains(t.text(), "execve does not return: SIGSEGV kills the process (EINVAL (Invalid argument))");
    CHECK_FALSE(t.observer.verdict().succeeded());
}

TEST_CASE("segments land where elf_map says") {
    Story t;
    Value header = Value::object();
    header.with("p_flags", Value::hex(5)).with("p_offset", Value::hex(0x1010)).with("p_vaddr", Value::hex(0x2010));
    header.with("p_filesz", Value::hex(0x30)).with("p_memsz", Value::hex(0x40));
    t.call("load_elf_binary").call("elf_map", Value::object().with("eppnt", header));
    t.add(Kind::ret, {{"function", Value::text("elf_map")}, {"result", Value::hex(0x555500002000)}});
    REQUIRE(t.observer.verdict().landings.size() == 1);
    CHECK(t.observer.verdict().landings[0].start() == 0x555500002010);
    t.call("start_thread", Value::object().with("new_ip", Value::hex(0x10)).with("new_sp", Value::hex(0x20))).leave("execve", 0);
    contains(t.text(), "→ 0x555500002010-0x555500002050");
    contains(t.text(), "0x30 bytes from 0x1010, then 0x10 of zeros");
    contains(t.text(), "the program starts at rip 0x10 with rsp 0x20");
    contains(t.text(), "but nothing is mapped there");
}

TEST_CASE("other tasks and later execs do not count") {
    Story t;
    t.leave("execve", 0).check("later", false);
    t.observer.event(Event{Kind::check, 0, 0, 4, {{"rule", Value::text("of another")}, {"passed", Value::boolean(false)}}});
    CHECK(t.observer.verdict().steps.empty());
}
