#include "emu/tools/account.hpp"

#include "tests/unit/emu/telling.hpp"

using namespace emu;
using namespace emu_test;

namespace {

class Story : public Telling<Story> {
public:
    void take(const Event& event) { account.event(event); }
    std::string text() {
        traces::MemorySink sink;
        writeStory(account.story(), layout, sink);
        return sink.text();
    }
    Account account;
    StoryLayout layout{{100, false}};
};

Story& upToExec(Story& t) {
    t.add(Kind::header, {{"argv", Value::list({Value::text("hello")})}, {"env", Value::list({Value::text("HOME=/")})}});
    t.at(0, 1).call("__register_binfmt", Value::object().with("fmt", Value::text("elf_format")).with("insert", Value::count(0)));
    t.call("__register_binfmt", Value::object().with("fmt", Value::text("misc_format")).with("insert", Value::count(1)));
    t.enter("fork", {}).add(Kind::object_new, {{"object", Value::text("task_struct#3")}, {"from", Value::text("task_struct#1")}});
    t.add(Kind::pte, {{"old", Value::hex(0x7067)}, {"new", Value::hex(0x7065)}});
    t.add(Kind::sched_process_fork, {{"child_pid", Value::count(3)}});
    return t.at(5, 3).enter("execve", {Value::text("\"/bin/hello\"")});
}

}  // namespace

TEST_CASE("an account of an exec that succeeds") {
    Story t;
    upToExec(t).add(
        Kind::set,
        {{"object", Value::text("linux_binprm#1")}, {"field", Value::text("argc")}, {"old", Value::count(0)}, {"new", Value::count(1)}});
    t.call("load_misc_binary").ret("load_misc_binary", -8).call("load_elf_binary");
    t.add(Kind::set, {{"object", Value::text("task_struct#3")},
                      {"field", Value::text("mm")},
                      {"old", Value::text("mm_struct#1")},
                      {"new", Value::text("mm_struct#2")}});
    t.add(Kind::vma, {{"op", Value::text("add")}, {"mm", Value::text("mm_struct#2")}, {"start", Value::hex(0x400000)}, {"end", Value::hex(0x401000)},
                      {"flags", Value::text("r-xp")}, {"pgoff", Value::hex(1)}, {"file", Value::text("/bin/hello")}});
    t.call("flush_old_exec").ret("flush_old_exec", 0).call("create_elf_tables");
    const u64 words[] = {1, 0x7ffff0, 0, 0x7ffff8, 0, 6, 4096, 0, 0};
    t.add(Kind::user_write, {{"address", Value::hex(0x7000)}, {"bytes", Value::bytes(words, sizeof words)}});
    t.ret("create_elf_tables", 0);
    t.call("start_thread", Value::object().with("new_ip", Value::hex(0x400100)).with("new_sp", Value::hex(0x7000)));
    t.ret("load_elf_binary", 0).leave("execve", 0);
    t.at(8, 3).enter("exit_group", {Value::text("7")}, {Value::hex(7)}).add(Kind::sched_process_exit, {{"exit_code", Value::hex(0x700)}});
    t.at(9, 1).leave("wait4", 3).add(Kind::footer, {{"exit_status", Value::count(7)}});
    const std::string text = t.text();
    for (const char* part : {"misc_format → elf_format\n", "task_struct#3       a copy of task_struct#1\n", "1 page no longer writable",
                             "argc        1                   arguments\n", "load_misc_binary    no: -8 (ENOEXEC)\n", "load_elf_binary     yes",
                             "flush_old_exec: mm_struct#1 goes, mm_struct#2 takes", "0x400000-0x401000             r-xp  /bin/hello           from offset 0x1000\n",
                             "0x7000  0x1             argc\n", "argv[0]  → \"hello\"\n", "envp[0]  → \"HOME=/\"\n",
                             "0x7028  AT_PAGESZ        0x1000 ", "rip = 0x400100, rsp = 0x7000", "3 instructions, 1 system call, 0 page faults",
                             "exit_group(7)\n", "exits with status 7", "wait4() = 3", "stops with status 7"})
        contains(text, part);
}

TEST_CASE("an account of an exec that fails, and of nothing at all") {
    Story t;
    upToExec(t).add(Kind::check, {{"rule", Value::text("e_machine")}, {"passed", Value::boolean(false)}, {"seen", Value::count(183)}});
    t.leave("execve", -8);
    const std::string text = t.text();
    contains(text, "✗ e_machine (183)\n");
    contains(text, "execve fails with -8 (ENOEXEC).");
    CHECK(text.find("The program runs") == std::string::npos);
    Story nothing;
    CHECK(nothing.text().empty());
}
