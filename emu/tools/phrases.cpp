#include "emu/tools/phrases.hpp"

#include <array>

namespace emu {

namespace {

struct Row {
    Phrase phrase;
    std::array<std::string_view, 2> text;   // by Language
};

constexpr Row ROWS[] = {
    {Phrase::boot, {"Boot", "启动"}},
    {Phrase::registers, {"The kernel registers its binary formats. Each exec will ask them in this order:",
                         "内核登记它的二进制格式。每次 exec 都按这个顺序询问："}},
    {Phrase::fork, {"fork: pid {1} makes pid {2}", "fork：进程 {1} 创建进程 {2}"}},
    {Phrase::duplicates, {"{1} duplicates the caller:", "{1} 复制调用者："}},
    {Phrase::copyOf, {"a copy of {1}", "{1} 的副本"}},
    {Phrase::areas, {"{1} memory area{1s}; both tasks share the pages behind them", "{1} 个内存区域；两个进程共享其后的页"}},
    {Phrase::protectedPages, {"{1} page{1s} no longer writable: the first write makes a copy (copy on write)",
                              "{1} 页不再可写：第一次写入时才复制（写时复制）"}},
    {Phrase::exec, {"execve: pid {1} becomes another program", "execve：进程 {1} 变成另一个程序"}},
    {Phrase::collects, {"The kernel collects what it knows of the program in a linux_binprm:", "内核把它所知道的程序信息收集在 linux_binprm 里："}},
    {Phrase::asks, {"It asks the formats, one after the other:", "它逐个询问各种格式："}},
    {Phrase::yes, {"yes, it loads the program", "是，由它装入程序"}},
    {Phrase::no, {"no: {1}", "否：{1}"}},
    {Phrase::failedCheck, {"; failed check: {1}", "；未通过的检查：{1}"}},
    {Phrase::execFails, {"execve fails with {1}.", "execve 失败：{1}。"}},
    {Phrase::pointOfNoReturn, {"{1}: {2} goes, {3} takes its place. From here there is no way back.",
                               "{1}：{2} 离去，{3} 取而代之。从这里起没有回头路。"}},
    {Phrase::newMemory, {"The new memory, segments of the file (PT_LOAD) first:", "新的内存，先是文件的段（PT_LOAD）："}},
    {Phrase::anonymous, {"anonymous, zero", "匿名，全零"}},
    {Phrase::fromOffset, {"from offset {1}", "从偏移 {1} 起"}},
    {Phrase::stackWords, {"create_elf_tables writes what the program will find on its stack, from rsp upwards:",
                          "create_elf_tables 写下程序将在栈上看到的内容，从 rsp 向上："}},
    {Phrase::endOf, {"end of {1}", "{1} 结束"}},
    {Phrase::startThread, {"start_thread: rip = {1}, rsp = {2}.", "start_thread：rip = {1}，rsp = {2}。"}},
    {Phrase::entryRegisters, {"The registers before the first instruction:", "第一条指令之前的寄存器："}},
    {Phrase::runs, {"The program runs", "程序运行"}},
    {Phrase::counts, {"{1} instruction{1s}, {2} system call{2s}, {3} page fault{3s}", "{1} 条指令，{2} 次系统调用，{3} 次缺页"}},
    {Phrase::callsOfProgram, {"What it asks of the kernel:", "它向内核请求："}},
    {Phrase::more, {"… and {1} more", "…… 还有 {1} 项"}},
    {Phrase::unsupported, {"! unsupported {1}", "！不支持 {1}"}},
    {Phrase::others, {"The tasks that it makes", "它创建的进程"}},
    {Phrase::forks, {"pid {1} makes pid {2}: {3}", "进程 {1} 创建进程 {2}：{3}"}},
    {Phrase::execs, {"pid {1} becomes {2}", "进程 {1} 变成 {2}"}},
    {Phrase::exits, {"pid {1} exits with status {2}", "进程 {1} 退出，状态 {2}"}},
    {Phrase::killed, {"pid {1} is killed by {2}", "进程 {1} 被 {2} 杀死"}},
    {Phrase::end, {"The end", "结束"}},
    {Phrase::exitsZombie, {"pid {1} exits with status {2} and stays as a zombie until its parent asks.",
                           "进程 {1} 退出，状态 {2}，在父进程询问之前一直是僵尸。"}},
    {Phrase::killedZombie, {"pid {1} is killed by {2} and stays as a zombie until its parent asks.",
                            "进程 {1} 被 {2} 杀死，在父进程询问之前一直是僵尸。"}},
    {Phrase::waited, {"pid {1}: {2}, and nothing is left of it.", "进程 {1}：{2}，它不再留下任何东西。"}},
    {Phrase::machineStops, {"The machine stops with status {1}.", "机器停止，状态 {1}。"}},
    {Phrase::bprmFilename, {"the program, as the caller named it", "调用者所给的程序名"}},
    {Phrase::bprmInterp, {"what really runs: a script names its interpreter here", "真正运行的文件：脚本在此给出解释器"}},
    {Phrase::bprmFile, {"the open file", "打开的文件"}},
    {Phrase::bprmCred, {"who the program will be", "程序将以谁的身份运行"}},
    {Phrase::bprmMm, {"the new memory: nothing in it but a first piece of stack", "新的内存：只有一小块栈"}},
    {Phrase::bprmP, {"where the strings on the new stack begin", "新栈上字符串开始之处"}},
    {Phrase::bprmArgc, {"arguments", "参数个数"}},
    {Phrase::bprmEnvc, {"environment variables", "环境变量个数"}},
    {Phrase::bprmExec, {"where the file's name lies on the new stack", "文件名在新栈上的位置"}},
};

constexpr bool inOrder() {
    for (std::size_t i = 0; i < std::size(ROWS); ++i)
        if (static_cast<std::size_t>(ROWS[i].phrase) != i) return false;
    return std::size(ROWS) == static_cast<std::size_t>(Phrase::bprmExec) + 1;
}
static_assert(inOrder());

}  // namespace

std::optional<Language> languageOf(std::string_view name) {
    if (name == "en") return Language::en;
    if (name == "zh") return Language::zh;
    return std::nullopt;
}

std::string phrase(Language language, Phrase what, std::initializer_list<std::string> arguments) {
    std::string_view rest = ROWS[static_cast<std::size_t>(what)].text[static_cast<std::size_t>(language)];
    std::string out;
    for (std::size_t open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
        const std::size_t close = rest.find('}', open);
        const std::string& argument = arguments.begin()[rest[open + 1] - '1'];
        out += rest.substr(0, open);
        out += close - open == 2 ? argument : argument == "1" ? "" : "s";
        rest.remove_prefix(close + 1);
    }
    return out.append(rest);
}

}  // namespace emu
