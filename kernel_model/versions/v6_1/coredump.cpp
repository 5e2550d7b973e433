// Linux 6.1 fs/coredump.c: the other threads of the group come to rest, the dumper writes the file.
#include "kernel_model/versions/v6_1/coredump.hpp"
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/versions/v6_1/exec.hpp"
#include "kernel_model/versions/v6_1/process.hpp"

#include <cstring>

namespace kernel::v6_1 {

static TRACED(int, zap_process, (task_struct*, start), (int, exit_code)) {
    start->signal->flags = SIGNAL_GROUP_EXIT;
    return zapGroup(start, exit_code, [](const task_struct* t) { return !(t->flags & PF_POSTCOREDUMP); });
}
static TRACED(int, zap_threads, (task_struct*, tsk), (core_state*, state), (int, exit_code)) {
    if (signal_group_exit(tsk->signal)) return -EAGAIN;
    tsk->signal->core_state = state;
    const int nr = zap_process(tsk, exit_code);
    tsk->sigpending_flag = false;
    tsk->flags |= PF_DUMPCORE;
    state->nr_threads = nr;
    return nr;
}
static TRACED(int, coredump_wait, (int, exit_code), (core_state*, state)) {
    const int waiters = zap_threads(current, state, exit_code);
    if (waiters > 0) wait_for_completion_state(&state->startup, TASK_UNINTERRUPTIBLE);
    return waiters;
}

static TRACED(void, coredump_finish, (bool, core_dumped)) {
    signal_struct* sig = current->signal;
    if (core_dumped && !fatal_signal_pending(current)) sig->group_exit_code |= 0x80;
    core_state* state = sig->core_state;
    sig->core_state = nullptr;
    releaseThreads(state);
}

TRACED(void, coredump_task_exit, (task_struct*, tsk)) {
    tsk->flags |= PF_POSTCOREDUMP;
    if (core_state* state = tsk->signal->core_state) restDuringDump(state, tsk->flags & PF_SIGNALED);
}

// ---- Writing.

static bool dump_interrupted() { return fatal_signal_pending(current); }

static bool writeAt(coredump_params* cprm, std::span<const u8> data) {
    if (cprm->written + data.size() > cprm->limit || dump_interrupted()) return false;
    loff_t pos = cprm->file->f_pos;
    if (__kernel_write(cprm->file, data, pos) != static_cast<long>(data.size())) return false;
    cprm->file->f_pos = pos;
    cprm->written += data.size();
    cprm->pos += data.size();
    return true;
}
static TRACED(bool, __dump_skip, (coredump_params*, cprm), (u64, nr)) {
    if (dump_interrupted()) return false;
    cprm->file->f_pos = cprm->file->f_pos + static_cast<loff_t>(nr);
    cprm->pos += nr;
    return true;
}
static bool makeHole(coredump_params* cprm) {
    return !cprm->to_skip || __dump_skip(cprm, std::exchange(cprm->to_skip, 0));
}

static TRACED(bool, __dump_emit, (coredump_params*, cprm), (std::span<const u8>, data)) {
    return writeAt(cprm, data);
}
TRACED(bool, dump_emit, (coredump_params*, cprm), (std::span<const u8>, data)) {
    return makeHole(cprm) && __dump_emit(cprm, data);
}
void dump_skip(coredump_params* cprm, u64 nr) { cprm->to_skip += nr; }
TRACED(void, dump_skip_to, (coredump_params*, cprm), (u64, pos)) { cprm->to_skip = pos - cprm->pos; }
bool dump_align(coredump_params* cprm, u64 align) {
    if (const u64 over = (cprm->pos + cprm->to_skip) % align) cprm->to_skip += align - over;
    return true;
}

static TRACED(bool, dump_emit_page, (coredump_params*, cprm), (page*, page)) {
    return makeHole(cprm) && writeAt(cprm, {page_address(page), PAGE_SIZE});
}
TRACED(bool, dump_user_range, (coredump_params*, cprm), (u64, start), (u64, len)) {
    for (u64 addr = start, step; addr < start + len; addr += step) {
        if (dump_interrupted()) return false;
        const u64 hole = dumpHole(addr, start + len);
        step = hole ? hole : PAGE_SIZE;
        page* page = hole ? nullptr : get_dump_page(addr);
        if (!page) {
            dump_skip(cprm, step);
            continue;
        }
        const bool emitted = dump_emit_page(cprm, page);
        put_page(page);
        if (!emitted) return false;
    }
    return true;
}

// ---- What is dumped of which mapping.

constexpr u64 MAYBE_ELF_HEADER = 1;         // DUMP_SIZE_MAYBE_ELFHDR_PLACEHOLDER

static TRACED(u64, vma_dump_size, (vm_area_struct*, vma), (u64, mm_flags)) {
    const DumpExtent extent = dumpExtent(vma, static_cast<u32>(mm_flags));
    if (extent == DumpExtent::none) return 0;
    if (extent == DumpExtent::whole) return vma->vm_end - vma->vm_start;
    return vma->vm_file->f_inode->i_mode & 0111 ? PAGE_SIZE : MAYBE_ELF_HEADER;
}
static bool beginsAsElf(u64 address) {
    u8 magic[SELFMAG];
    return !copy_from_user(magic, UserPtr<void>(address), sizeof magic) && std::memcmp(magic, ELFMAG, SELFMAG) == 0;
}

static TRACED(bool, dump_vma_snapshot, (coredump_params*, cprm)) {
    for (const auto& [start, vma] : current->mm->mm_rb) {
        const u64 size = vma_dump_size(vma, cprm->mm_flags);
        file* file = vma->vm_file ? get_file(vma->vm_file) : nullptr;
        cprm->vma_meta.push_back({vma->vm_start, vma->vm_end, vma->vm_flags, size, vma->vm_pgoff, file});
    }
    for (core_vma_metadata& m : cprm->vma_meta)
        if (m.dump_size == MAYBE_ELF_HEADER) m.dump_size = beginsAsElf(m.start) ? PAGE_SIZE : 0;
    return true;
}
static TRACED(void, free_vma_snapshot, (coredump_params*, cprm)) {
    for (const core_vma_metadata& m : std::exchange(cprm->vma_meta, {}))
        if (m.file) fput(m.file);
}

// ---- do_coredump

static bool isPrivate(const file* f) {
    return check("the core file's mode is still 0600", (f->f_inode->i_mode & 0677) == 0600, f->f_inode->i_mode.get());
}

static bool writeCore(const linux_binfmt* binfmt, coredump_params& cprm) {
    if (!mayHoldCore(cprm.file) || !isPrivate(cprm.file) || setInodeSize(cprm.file->f_inode, 0) < 0) return false;
    if (unshare_files() || dump_interrupted() || !dump_vma_snapshot(&cprm)) return false;
    const bool dumped = binfmt->core_dump(&cprm);
    if (cprm.to_skip) {                     // the last byte of the last hole, so that the file is as long as its header says
        --cprm.to_skip;
        dump_emit(&cprm, viewOf(u8{0}));
    }
    free_vma_snapshot(&cprm);
    return dumped;
}

TRACED(void, do_coredump, (const kernel_siginfo&, siginfo)) {
    dumpCore(siginfo, {
        .wait = [](int exit_code, core_state* state) { return coredump_wait(exit_code, state); },
        .replaces = true,
        .write = writeCore,
        .finish = [](bool core_dumped) { coredump_finish(core_dumped); },
    });
}

}  // namespace kernel::v6_1
