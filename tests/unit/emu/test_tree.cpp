#include "emu/tools/tree.hpp"

#include "tests/unit/emu/telling.hpp"

using namespace emu;
using namespace emu_test;

namespace {

class Story : public Telling<Story> {
public:
    explicit Story(TreeLayout layout = {}) : tree_(sink_, layout) {}
    void take(const Event& event) { tree_.event(event); }
    std::string text() {
        tree_.finish();
        return sink_.text();
    }

private:
    traces::MemorySink sink_;
    TreeRenderer tree_;
};

}  // namespace

TEST_CASE("a tree: leaves are one line, others are braces") {
    Story story;
    story.at(0, 1).add(Kind::task, {{"task_pid", Value::count(1)}, {"comm", Value::text("init")}});
    story.call("do_fork", Value::object().with("clone_flags", Value::hex(0x11)).with("tsk", Value::text("task_struct#1")));
    story.call("alloc_pid").ret("alloc_pid", Value::text("pid#3")).call("exit_sem").ret("exit_sem");
    story.call("dup_fd").ret("dup_fd", Value::count(-12)).at(5, 1).ret("do_fork", Value::count(3));
    CHECK(story.text() ==
          "init-1                   0 │ do_fork(clone_flags = 0x11, tsk = task_struct#1) {\n"
          "                           │   alloc_pid() = pid#3;\n"
          "                           │   exit_sem();\n"
          "                           │   dup_fd() = -12 (ENOMEM);\n"
          "                         5 │ } = 3  // 5 instructions\n");
}

TEST_CASE("a tree: a switch shows the other task, at its own level") {
    Story story;
    story.at(9, 1).call("do_wait").add(Kind::sched_switch, {{"prev_comm", Value::text("init")}, {"prev_pid", Value::count(1)},
                                                            {"prev_state", Value::text("S")}, {"next_comm", Value::text("sh")},
                                                            {"next_pid", Value::count(3)}});
    story.at(9, 3).call("ret_from_fork").ret("ret_from_fork");
    story.add(Kind::sys_enter,
              {{"name", Value::text("write")}, {"args", Value::list({Value::text("1"), Value::text("\"hi\\n\""), Value::text("3")})}});
    story.call("sys_write").ret("sys_write", Value::count(3));
    story.add(Kind::sys_exit, {{"name", Value::text("write")}, {"result", Value::count(3)}});
    story.at(20, 1).ret("do_wait", Value::count(3));
    CHECK(story.text() ==
          "init-1                   9 │ do_wait() {\n"
          "                           │   ⇄ switch to sh-3  (init-1 is S)\n"
          "sh-3                     9 │ ret_from_fork();\n"
          "                           │ syscall write(1, \"hi\\n\", 3) {\n"
          "                           │   sys_write() = 3;\n"
          "                           │ } = 3\n"
          "init-1                  20 │ } = 3  // 11 instructions\n");
}

TEST_CASE("a tree: deeper calls are folded, their results stay") {
    Story story({{100, false}, 1, false});
    story.at(0, 0).call("a").call("b").call("c").ret("c").ret("b").ret("a", Value::count(7));
    CHECK(story.text() == "swapper-0                0 │ a() = 7;\n");
}

TEST_CASE("a tree: calls that died are closed by their caller's end") {
    Story story;
    story.at(0, 3).call("a").call("dies").ret("a").ret("never called").call("b").ret("b");
    CHECK(story.text() ==
          "?-3                      0 │ a() {\n"
          "                           │   dies() {\n"
          "                           │ }\n"
          "                           │ b();\n");
}

TEST_CASE("a tree: lines fit the terminal and cannot drive it") {
    Story story({{60, false}, 0, false});
    story.at(0, 0).call(
        "do_execve",
        Value::object().with("filename", Value::text("/a/very/long/path/\x1b[31m/to/some/program")).with("argc", Value::count(3)));
    story.ret("do_execve", Value::count(-2));
    const std::string text = story.text();
    CHECK(columns(text) == 60 + 1);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("…) = -2 (ENOENT);\n") != std::string::npos);
}
