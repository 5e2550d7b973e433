// Linux fs/coredump.c: the steps of a core dump that do not depend on the version (core(5)).
#include "kernel_model/include/linux/coredump.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/kernel/signal.hpp"

#include <algorithm>

namespace kernel {

int zapGroup(task_struct* start, int exit_code, bool (*counts)(const task_struct*)) {
    start->signal->group_exit_code = exit_code;
    start->signal->group_stop_count = 0;
    int count = 0;
    for (task_struct* t : start->group_leader->thread_group) {
        t->jobctl = 0;
        if (t == current || !counts(t)) continue;
        t->pending.signal |= sigmask(SIGKILL);
        signal_wake_up(t, true);
        ++count;
    }
    return count;
}

void restDuringDump(core_state* state, bool is_dumped) {
    core_thread self{current};
    if (is_dumped) state->threads.push_back(&self);
    else self.task = nullptr;
    --state->nr_threads;
    if (state->nr_threads == 0) complete(&state->startup);
    while (self.task) {
        set_current_state(TASK_UNINTERRUPTIBLE);
        schedule();
    }
}

void releaseThreads(core_state* state) {
    for (core_thread* thread : std::exchange(state->threads, {})) wake_up_process(std::exchange(thread->task, nullptr));
}

static TRACED(Result<file*>, filp_open, (const std::string&, name), (u32, flags), (umode_t, mode)) {
    return do_filp_open(AT_FDCWD, name, flags, mode, MAY_READ | MAY_WRITE | MAY_OPEN);
}

bool mayHoldCore(const file* f) {
    const inode* node = f->f_inode;
    return check("the core file has one name", node->i_nlink <= 1 && !f->f_path->unlinked, node->i_nlink.get()) &&
           check("the core file is a regular file", S_ISREG(node->i_mode), node->i_mode.get()) &&
           check("the core file is the user's own", node->i_uid == current->cred->fsuid, node->i_uid.get());
}

static bool dumpToFile(const linux_binfmt* binfmt, coredump_params& cprm, const CoredumpSteps& steps) {
    constexpr u32 LARGE_FILE = 0100000;     // O_LARGEFILE
    const Corename name = formatCorename(&cprm);
    if (name.is_pipe) {
        unsupported("feature", "core_pattern |", "a program that takes the core", 0, "no core is dumped");
        return false;
    }
    if (!check("RLIMIT_CORE is a page or more", cprm.limit >= binfmt->min_coredump, cprm.limit)) return false;
    if (steps.replaces) unlinkAt(AT_FDCWD, name.name);
    const u32 exclusive = steps.replaces ? O_EXCL : 0;
    const Result<file*> opened = filp_open(name.name, O_CREAT | O_RDWR | O_NOFOLLOW | LARGE_FILE | exclusive, 0600);
    if (!opened.ok()) return false;
    cprm.file = opened.value();
    const bool dumped = steps.write(binfmt, cprm);
    filp_close(cprm.file, nullptr);
    return dumped;
}

void dumpCore(const kernel_siginfo& siginfo, const CoredumpSteps& steps) {
    const mm_struct* mm = current->mm;
    const linux_binfmt* binfmt = mm->binfmt;
    if (!binfmt || !binfmt->core_dump) return;
    if (!check("the process is dumpable", get_dumpable(mm) != SUID_DUMP_DISABLE, get_dumpable(mm))) return;
    core_state state;
    coredump_params cprm;
    cprm.siginfo = &siginfo;
    cprm.limit = rlimit_cur(RLIMIT_CORE);
    cprm.mm_flags = mm->flags;
    cprm.state = &state;
    cred* fresh = prepare_creds();
    if (!fresh) return;
    if (steps.wait(siginfo.si_signo, &state) >= 0) {
        cred* old = override_creds(fresh);
        steps.finish(dumpToFile(binfmt, cprm, steps));
        revert_creds(old);
    }
    put_cred(fresh);
}

// core(5), "Controlling which mappings are written to the core dump". v6.1 calls them MMF_DUMP_*.
enum FilterBit : u32 { ANON_PRIVATE, ANON_SHARED, MAPPED_PRIVATE, MAPPED_SHARED, ELF_HEADERS };
static bool filtered(u32 mm_flags, FilterBit bit) { return mm_flags >> (MMF_DUMP_FILTER_SHIFT + static_cast<int>(bit)) & 1; }

DumpExtent dumpExtent(const vm_area_struct* vma, u32 mm_flags) {
    if (vma->vm_ops && vma->vm_ops->name && vma->vm_ops->name(vma)) return DumpExtent::whole;   // [vdso] and the like
    if (vma->vm_flags & (VM_DONTDUMP | VM_IO)) return DumpExtent::none;
    if (vma->vm_flags & VM_SHARED) {
        const bool anonymous = !vma->vm_file || vma->vm_file->f_inode->i_nlink == 0;
        return filtered(mm_flags, anonymous ? ANON_SHARED : MAPPED_SHARED) ? DumpExtent::whole : DumpExtent::none;
    }
    if (vma->anon_vma && filtered(mm_flags, ANON_PRIVATE)) return DumpExtent::whole;
    if (!vma->vm_file) return DumpExtent::none;
    if (filtered(mm_flags, MAPPED_PRIVATE)) return DumpExtent::whole;
    const bool begins = vma->vm_pgoff == 0 && vma->vm_flags & VM_READ;
    return begins && filtered(mm_flags, ELF_HEADERS) ? DumpExtent::header : DumpExtent::none;
}

}  // namespace kernel
