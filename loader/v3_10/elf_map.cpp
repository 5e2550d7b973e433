// fs/binfmt_elf.c of v3.10: mapping a segment, the bss and the heap's beginning.
#include "loader/v3_10/elf_image.hpp"

#include "kernel_model/versions/v3_10/mm.hpp"

namespace loader::v3_10 {

using namespace kernel;

TRACED(u64, total_mapping_size, (const elf_phdr*, cmds), (int, nr)) {
    const elf_phdr* first = nullptr;
    const elf_phdr* last = nullptr;
    for (const elf_phdr* header = cmds; header != cmds + nr; ++header) {
        if (header->p_type != PT_LOAD) continue;
        if (!first) first = header;
        last = header;
    }
    return first ? last->p_vaddr + last->p_memsz - ELF_PAGESTART(first->p_vaddr) : 0;
}

static Result<u64> mapWhole(file* file, u64 addr, u64 size, u64 prot, u64 type, u64 offset, u64 total_size) {
    total_size = ELF_PAGEALIGN(total_size);
    const u64 mapped = TRY(vm_mmap(file, addr, total_size, prot, type, offset));
    if (!BAD_ADDR(mapped) && size < total_size) kernel::v3_10::do_munmap(current->mm, mapped + size, total_size - size);
    return mapped;
}

TRACED(Result<u64>, elf_map, (file*, filep), (u64, addr), (const elf_phdr*, eppnt), (u64, prot), (u64, type), (u64, total_size)) {
    const u64 page_offset = ELF_PAGEOFFSET(eppnt->p_vaddr);
    const u64 size = ELF_PAGEALIGN(eppnt->p_filesz + page_offset);
    const u64 offset = eppnt->p_offset - page_offset;
    addr = ELF_PAGESTART(addr);
    if (!size) return addr;         // a segment without file bytes
    if (total_size) return mapWhole(filep, addr, size, prot, type, offset, total_size);
    return vm_mmap(filep, addr, size, prot, type, offset);
}

// Whole pages of bss are anonymous; the heap starts behind them.
TRACED(int, set_brk, (u64, start), (u64, end)) {
    start = ELF_PAGEALIGN(start);
    end = ELF_PAGEALIGN(end);
    if (end > start) {
        const u64 addr = TRY(kernel::v3_10::vm_brk(start, end - start));
        if (BAD_ADDR(addr)) return -EINVAL;
    }
    current->mm->start_brk = end;
    current->mm->brk = end;
    return 0;
}

}  // namespace loader::v3_10
