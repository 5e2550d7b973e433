// fs/binfmt_elf.c: the notes of a core file, structs as elfcore.h of the x86-64 ABI has them.
#include "loader/elf_core.hpp"

#include "kernel_model/kernel/exit.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace loader {

using namespace kernel;

namespace {

struct Timeval { i64 tv_sec, tv_usec; };
struct elf_prstatus {
    struct { int si_signo, si_code, si_errno; } pr_info;
    i16 pr_cursig;
    u64 pr_sigpend, pr_sighold;
    pid_t pr_pid, pr_ppid, pr_pgrp, pr_sid;
    Timeval pr_utime, pr_stime, pr_cutime, pr_cstime;
    user_regs_struct pr_reg;
    int pr_fpvalid;
};
struct elf_prpsinfo {
    char pr_state, pr_sname, pr_zomb, pr_nice;
    u64 pr_flag;
    u32 pr_uid, pr_gid;
    pid_t pr_pid, pr_ppid, pr_pgrp, pr_sid;
    char pr_fname[16], pr_psargs[80];
};
static_assert(sizeof(elf_prstatus) == 336 && sizeof(elf_prpsinfo) == 136);
inline traces::Value traceValue(const elf_prstatus* p) { return traces::Value::count(p->pr_pid); }
inline traces::Value traceValue(const elf_prpsinfo* p) { return traces::Value::count(p->pr_pid); }

template <class T>
std::vector<u8> bytesOf(const T& value) {
    std::vector<u8> bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}
Timeval timevalOf(u64 ns) { return {static_cast<i64>(ns / 1'000'000'000), static_cast<i64>(ns % 1'000'000'000 / 1000)}; }

// The group leader's record has the times of the whole group.
void fillTimes(elf_prstatus* prstatus, const task_struct* p) {
    const signal_struct* sig = p->signal;
    u64 user = p->utime, system = p->stime;
    if (thread_group_leader(p)) {
        user = sig->utime, system = sig->stime;
        for (const task_struct* t : p->thread_group) user += t->utime, system += t->stime;
    }
    prstatus->pr_utime = timevalOf(user);
    prstatus->pr_stime = timevalOf(system);
    prstatus->pr_cutime = timevalOf(sig->cutime);
    prstatus->pr_cstime = timevalOf(sig->cstime);
}

TRACED(void, fill_prstatus, (elf_prstatus*, prstatus), (task_struct*, p), (long, signr)) {
    prstatus->pr_info.si_signo = static_cast<int>(signr);
    prstatus->pr_cursig = static_cast<i16>(signr);
    prstatus->pr_sigpend = p->pending.signal;
    prstatus->pr_sighold = p->blocked;
    prstatus->pr_ppid = p->real_parent->pid;
    prstatus->pr_pid = p->pid;
    prstatus->pr_pgrp = task_pgrp_nr(p->group_leader);
    prstatus->pr_sid = task_session_nr(p->group_leader);
    fillTimes(prstatus, p);
}

TRACED(bool, fill_thread_core_info, (elf_thread_core_info*, t), (long, signr)) {
    elf_prstatus prstatus;
    std::memset(&prstatus, 0, sizeof prstatus);             // the padding too
    fill_prstatus(&prstatus, t->task, signr);
    prstatus.pr_reg = genregs_get(t->task);
    prstatus.pr_fpvalid = 1;
    t->notes.push_back({"CORE", NT_PRSTATUS, bytesOf(prstatus)});
    t->notes.push_back({"CORE", NT_PRFPREG, bytesOf(xfpregs_get(t->task))});
    if (std::vector<u8> state = xstateregs_get(t->task); !state.empty()) t->notes.push_back({"LINUX", NT_X86_XSTATE, std::move(state)});
    return true;
}

bool readArguments(char (&to)[80], const mm_struct* mm) {
    const u64 length = std::min<u64>(mm->arg_end - mm->arg_start, sizeof to - 1);
    if (copy_from_user(to, UserPtr<void>(mm->arg_start), length)) return false;
    std::replace(to, to + length, '\0', ' ');
    return true;
}

TRACED(bool, fill_psinfo, (elf_prpsinfo*, psinfo), (task_struct*, p), (mm_struct*, mm)) {
    std::memset(psinfo, 0, sizeof *psinfo);
    if (!readArguments(psinfo->pr_psargs, mm)) return false;
    psinfo->pr_ppid = p->real_parent->pid;
    psinfo->pr_pid = p->pid;
    psinfo->pr_pgrp = task_pgrp_nr(p);
    psinfo->pr_sid = task_session_nr(p);
    const int state = p->state ? std::countr_zero(static_cast<u64>(p->state)) + 1 : 0;
    psinfo->pr_state = static_cast<char>(state);
    psinfo->pr_sname = state > 5 ? '.' : "RSDTZW"[state];
    psinfo->pr_zomb = psinfo->pr_sname == 'Z';
    psinfo->pr_nice = static_cast<char>(p->static_prio - 120);
    psinfo->pr_flag = p->flags;
    psinfo->pr_uid = p->cred->uid;
    psinfo->pr_gid = p->cred->gid;
    std::memcpy(psinfo->pr_fname, p->comm.get().data(), std::min<std::size_t>(p->comm.get().size(), 15));
    return true;
}

TRACED(void, fill_auxv_note, (memelfnote*, note), (mm_struct*, mm)) {
    std::size_t words = 0;
    do words += 2;
    while (words + 1 < mm->saved_auxv.size() && mm->saved_auxv[words - 2] != AT_NULL);
    const auto* first = reinterpret_cast<const u8*>(mm->saved_auxv.data());
    *note = {"CORE", NT_AUXV, {first, first + words * sizeof(u64)}};
}

TRACED(void, fill_siginfo_note, (memelfnote*, note), (const kernel_siginfo*, siginfo)) {
    *note = {"CORE", NT_SIGINFO, bytesOf(*siginfo)};
}

constexpr u64 MAX_FILE_NOTE_SIZE = 4 << 20;

// How many, the unit of the offsets; for each start, end and offset; then the names.
TRACED(int, fill_files_note, (memelfnote*, note), (const std::vector<core_vma_metadata>*, mappings)) {
    std::vector<u64> numbers = {0, PAGE_SIZE};
    std::string names;
    for (const core_vma_metadata& m : *mappings) {
        if (!m.file) continue;
        numbers.insert(numbers.end(), {m.start, m.end, m.pgoff});
        names += d_path(m.file->f_path) + '\0';
        ++numbers[0];
        if (numbers.size() * sizeof(u64) + names.size() >= MAX_FILE_NOTE_SIZE) return -EINVAL;
    }
    const u64 size = numbers.size() * sizeof(u64) + names.size();
    note->type = NT_FILE;
    note->data.resize(size);
    std::memcpy(note->data.data(), numbers.data(), numbers.size() * sizeof(u64));
    std::memcpy(note->data.data() + numbers.size() * sizeof(u64), names.data(), names.size());
    return 0;
}

TRACED(void, fill_elf_header, (elfhdr*, elf), (int, segs)) {
    *elf = {};
    std::memcpy(elf->e_ident, ELFMAG, SELFMAG);
    elf->e_ident[EI_CLASS] = ELFCLASS64;
    elf->e_ident[EI_DATA] = ELFDATA2LSB;
    elf->e_ident[EI_VERSION] = EV_CURRENT;
    elf->e_type = ET_CORE;
    elf->e_machine = EM_X86_64;
    elf->e_version = EV_CURRENT;
    elf->e_phoff = sizeof(elfhdr);
    elf->e_ehsize = sizeof(elfhdr);
    elf->e_phentsize = sizeof(elf_phdr);
    elf->e_phnum = static_cast<u16>(segs);
}

constexpr u64 padded(u64 bytes) { return (bytes + 3) & ~u64{3}; }
u64 notesize(const memelfnote& n) { return sizeof(Elf64_Nhdr) + padded(std::strlen(n.name) + 1) + padded(n.data.size()); }

// The order of the file: the process's own notes stand behind the first thread's status.
std::vector<const memelfnote*> inOrder(const elf_note_info& info) {
    std::vector<const memelfnote*> all;
    for (const elf_thread_core_info& t : info.thread) {
        all.push_back(&t.notes.front());
        if (&t == &info.thread.front()) {
            all.insert(all.end(), {&info.psinfo, &info.signote, &info.auxv});
            if (!info.files.data.empty()) all.push_back(&info.files);
        }
        for (std::size_t i = 1; i < t.notes.size(); ++i) all.push_back(&t.notes[i]);
    }
    return all;
}

}  // namespace

u64 elf_note_info::size() const {
    u64 bytes = 0;
    for (const memelfnote* n : inOrder(*this)) bytes += notesize(*n);
    return bytes;
}

TRACED(bool, fill_note_info, (elfhdr*, elf), (int, phdrs), (elf_note_info*, info), (coredump_params*, cprm),
       (const std::vector<core_vma_metadata>*, mappings)) {
    info->thread.push_back({current, {}});
    for (const core_thread* t : cprm->state->threads) info->thread.push_back({t->task, {}});
    fill_elf_header(elf, phdrs);
    elf_prpsinfo psinfo{};
    for (elf_thread_core_info& t : info->thread) fill_thread_core_info(&t, cprm->siginfo->si_signo);
    (void)fill_psinfo(&psinfo, current->group_leader, current->mm);     // without its arguments the core is as good
    info->psinfo = {"CORE", NT_PRPSINFO, bytesOf(psinfo)};
    fill_siginfo_note(&info->signote, cprm->siginfo);
    fill_auxv_note(&info->auxv, current->mm);
    fill_files_note(&info->files, mappings);
    return true;
}

TRACED(void, fill_elf_note_phdr, (elf_phdr*, phdr), (u64, sz), (u64, offset)) {
    *phdr = {};
    phdr->p_type = PT_NOTE;
    phdr->p_offset = offset;
    phdr->p_filesz = sz;
}

elf_phdr loadHeader(const core_vma_metadata& m, u64 offset) {
    elf_phdr phdr{};
    phdr.p_type = PT_LOAD;
    phdr.p_offset = offset;
    phdr.p_vaddr = m.start;
    phdr.p_filesz = m.dump_size;
    phdr.p_memsz = m.end - m.start;
    phdr.p_flags = (m.flags & VM_READ ? PF_R : 0u) | (m.flags & VM_WRITE ? PF_W : 0u) | (m.flags & VM_EXEC ? PF_X : 0u);
    phdr.p_align = PAGE_SIZE;
    return phdr;
}

bool writeNotes(const elf_note_info& info, const NoteSink& to) {
    for (const memelfnote* n : inOrder(info)) {
        const u64 name_bytes = std::strlen(n->name) + 1;
        const Elf64_Nhdr head{static_cast<u32>(name_bytes), static_cast<u32>(n->data.size()), n->type};
        const std::span name(reinterpret_cast<const u8*>(n->name), name_bytes);
        if (!to.emit(viewOf(head)) || !to.emit(name) || !to.pad() || !to.emit(n->data) || !to.pad()) return false;
    }
    return true;
}

}  // namespace loader
