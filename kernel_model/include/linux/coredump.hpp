// Core dumps (Linux include/linux/coredump.h, struct core_state of sched.h or mm_types.h; core(5)).
#pragma once

#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/sched.hpp"

namespace kernel {

struct linux_binfmt;

struct core_thread { task_struct* task = nullptr; };    // on the kernel stack of a thread that waits for the dump's end
struct core_state : Object {
    core_state() : Object("core_state", sizeof *this) {}
    FIELD(int, nr_threads);                 // that have not come to rest yet
    std::vector<core_thread*> threads;      // that have, in the order in which they came; without the dumper
    completion startup;                     // all have
};

struct core_vma_metadata {                  // what a dump says of a mapping
    u64 start = 0, end = 0, flags = 0;      // VM_*
    u64 dump_size = 0;                      // bytes of it that are dumped, from its start
    pgoff_t pgoff = 0;
    kernel::file* file = nullptr;
};
struct coredump_params {
    const kernel_siginfo* siginfo = nullptr;
    kernel::file* file = nullptr;
    u64 limit = 0;                          // RLIMIT_CORE, bytes
    u32 mm_flags = 0;
    core_state* state = nullptr;
    // v6.1
    u64 written = 0, pos = 0, to_skip = 0;  // bytes: data alone, the file's position, holes not yet made
    std::vector<core_vma_metadata> vma_meta;    // each holds a reference to its file
};
inline traces::Value traceValue(const coredump_params* p) {
    return traces::Value::object().with("limit", traces::Value::hex(p->limit)).with("mm_flags", traces::Value::hex(p->mm_flags));
}

inline traces::Value traceValue(const std::vector<core_vma_metadata>* v) { return traces::Value::count(static_cast<i64>(v->size())); }
template <class T>
std::span<const u8> viewOf(const T& value) { return {reinterpret_cast<const u8*>(&value), sizeof value}; }

// ---- fs/coredump.cpp: what the versions' do_coredump (versions/*/coredump.cpp) is made of.
// Kills the threads of start's group but current, those that `counts` is true for: how many.
int zapGroup(task_struct* start, int exit_code, bool (*counts)(const task_struct*));
void restDuringDump(core_state*, bool is_dumped);       // current, which ends, stops here until the dump is done
void releaseThreads(core_state*);
// What the versions do in their own way, in the order in which do_coredump comes to it.
struct CoredumpSteps {
    int (*wait)(int exit_code, core_state*);            // until the other threads rest; below 0: no dump
    bool replaces;                                      // a core that lies there already is removed, not overwritten
    bool (*write)(const linux_binfmt*, coredump_params&);
    void (*finish)(bool core_dumped);
};
void dumpCore(const kernel_siginfo&, const CoredumpSteps&);     // what do_coredump consists of
// Is the open file one that a core may be written to: regular, with one name, of the dumper's user.
bool mayHoldCore(const file*);
enum class DumpExtent { none, header, whole };          // header: the first page, when it begins an executable file
DumpExtent dumpExtent(const vm_area_struct*, u32 mm_flags);
constexpr int MMF_DUMP_FILTER_SHIFT = 2;    // mm.flags: the bits of /proc/PID/coredump_filter
// ---- fs/corename.cpp
struct Corename { bool is_pipe; std::string name; };
Corename formatCorename(const coredump_params*);
extern std::string core_pattern;            // /proc/sys/kernel/core_pattern, at most 127 bytes
extern bool core_uses_pid;
int unlinkAt(int dirfd, const std::string& path);       // fs/namei_change.cpp
cred* override_creds(cred*);                // kernel/cred.cpp: the subjective ones that current had
void revert_creds(cred* old);
// ---- fs/read_write.cpp: bytes written, within RLIMIT_FSIZE, or -errno
long __kernel_write(file*, std::span<const u8>, loff_t& pos);
// ---- mm/gup.cpp: the page at an address of current, with a reference; null: a hole, nothing but zeros or not readable
OrNull<page> get_dump_page(u64 address);
u64 dumpHole(u64 address, u64 end);         // bytes from there on that are nothing but holes: no page tables, however many pages

}  // namespace kernel
