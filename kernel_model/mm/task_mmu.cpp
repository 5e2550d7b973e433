// Linux fs/proc/task_mmu.c: the lines of /proc/PID/maps.
#include "kernel_model/mm/internal.hpp"

#include <cinttypes>
#include <cstdio>

namespace kernel {
namespace {

// seq_path: a newline in a name is an octal escape.
std::string escapeNewlines(const std::string& path) {
    std::string shown;
    for (const char c : path) shown += c == '\n' ? "\\012" : std::string(1, c);
    return shown;
}

// v3.10: the lowest page of a growing stack is its guard and not shown.
bool startsWithGuardPage(const vm_area_struct* vma) {
    if (!(vma->vm_flags & VM_GROWSDOWN) || version().mm.stack_guard_gap != 0) return false;
    const vm_area_struct* prev = vmaPrevious(vma);
    return !(prev && prev->vm_end == vma->vm_start && prev->vm_flags & VM_GROWSDOWN);
}

}  // namespace

std::string vmaName(const vm_area_struct* vma) {
    if (vma->vm_file) return d_path(vma->vm_file->f_path);
    if (vma->vm_ops && vma->vm_ops->name) {
        const char* name = vma->vm_ops->name(vma);
        return name ? name : "";
    }
    const mm_struct* mm = vma->vm_mm;
    if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk) return "[heap]";
    if (vma->vm_start <= mm->start_stack && vma->vm_end >= mm->start_stack) return "[stack]";
    return "";
}

// A field each: addresses, rights, offset in bytes, device, inode number.
static std::string linePrefix(u64 start, u64 end, u64 flags, u64 pgoff, dev_t dev, u64 ino) {
    char text[128];
    std::snprintf(text, sizeof text, "%08" PRIx64 "-%08" PRIx64 " %c%c%c%c %08" PRIx64 " %02x:%02x %" PRIu64 " ", start, end,
                  flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-', flags & VM_EXEC ? 'x' : '-',
                  flags & VM_MAYSHARE ? 's' : 'p', pgoff, dev >> 20, dev & 0xfffff, ino);
    return text;
}

static TRACED(std::string, show_vma_header_prefix, (u64, start), (u64, end), (u64, flags), (u64, pgoff), (dev_t, dev), (u64, ino)) {
    return linePrefix(start, end, flags, pgoff, dev, ino);
}

TRACED(std::string, show_map_vma, (const vm_area_struct*, vma)) {
    const inode* host = vma->vm_file ? vma->vm_file->f_inode : nullptr;
    const dev_t dev = host ? host->i_dev : 0;
    const u64 flags = vma->vm_flags, pgoff = host ? vma->vm_pgoff << PAGE_SHIFT : 0;
    const u64 start = vma->vm_start + (startsWithGuardPage(vma) ? PAGE_SIZE : 0);
    const auto prefix = version().mm.show_vma_header_prefix ? show_vma_header_prefix : linePrefix;
    constexpr std::size_t name_column = 73;  // pad_len_spaces: 25 + sizeof(void*) * 6
    std::string line = prefix(start, vma->vm_end, flags, pgoff, dev, host ? host->i_ino : 0);
    if (const std::string name = vmaName(vma); !name.empty()) {
        line.resize(std::max(line.size() + 1, name_column), ' ');
        line += host ? escapeNewlines(name) : name;
    }
    return line + '\n';
}

// The line of a page that is in no mm_struct.
static TRACED(const char*, get_gate_vma, (const mm_struct*, mm)) {
    return version().mm.vsyscall ? "ffffffffff600000-ffffffffff601000 r-xp 00000000 00:00 0                  [vsyscall]\n" : nullptr;
}

std::string show_maps(const mm_struct* mm) {
    std::string all;
    for (const auto& [start, vma] : mm->mm_rb) all += show_map_vma(vma);
    const char* gate = get_gate_vma(mm);
    return gate ? all + gate : all;
}

}  // namespace kernel
