// load_elf_binary of v6.1 after the point of no return: segments with their bss, and which entry point it is.
#include "loader/v6_1/elf_image.hpp"

#include <algorithm>
#include <bit>

namespace loader::v6_1 {

using namespace kernel;

TRACED(u64, total_mapping_size, (const elf_phdr*, phdr), (int, nr)) {
    u64 min_addr = ~u64{0}, max_addr = 0;
    for (const elf_phdr* header = phdr; header != phdr + nr; ++header) {
        if (header->p_type != PT_LOAD) continue;
        min_addr = std::min(min_addr, ELF_PAGESTART(header->p_vaddr));
        max_addr = std::max(max_addr, header->p_vaddr + header->p_memsz);
    }
    return min_addr == ~u64{0} ? 0 : max_addr - min_addr;
}

TRACED(Result<u64>, elf_map, (file*, filep), (u64, addr), (const elf_phdr*, eppnt), (int, prot), (u64, type), (u64, total_size)) {
    const u64 size = ELF_PAGEALIGN(eppnt->p_filesz + ELF_PAGEOFFSET(eppnt->p_vaddr));
    const u64 off = eppnt->p_offset - ELF_PAGEOFFSET(eppnt->p_vaddr);
    addr = ELF_PAGESTART(addr);
    if (!size) return addr;         // a segment without file bytes
    if (!total_size) return vm_mmap(filep, addr, size, static_cast<u64>(prot), type, off);
    total_size = ELF_PAGEALIGN(total_size);
    const u64 mapped = TRY(vm_mmap(filep, addr, total_size, static_cast<u64>(prot), type, off));
    if (!BAD_ADDR(mapped) && size < total_size) vm_munmap(mapped + size, total_size - size);
    return mapped;
}

namespace {

struct Zeros {
    u64 start, end;
};

// A read-only segment keeps what the file has behind its end.
int zeroTail(u64 start, int prot) {
    const int error = padzero(start);
    return error && (prot & PROT_WRITE) ? -EFAULT : 0;
}

Result<u64> loadFilePart(file* filep, u64 addr, const elf_phdr& segment, int prot, u64 type, u64 total_size, Zeros& zeros) {
    const u64 mapped = TRY(elf_map(filep, addr, &segment, prot, type, total_size));
    if (BAD_ADDR(mapped)) return mapped;
    const u64 start = mapped + ELF_PAGEOFFSET(segment.p_vaddr);
    zeros = {start + segment.p_filesz, start + segment.p_memsz};
    if (segment.p_memsz > segment.p_filesz) TRY_INT(zeroTail(zeros.start, prot));
    return mapped;
}

}  // namespace

TRACED(Result<u64>, elf_load, (file*, filep), (u64, addr), (const elf_phdr*, eppnt), (int, prot), (u64, type), (u64, total_size)) {
    const elf_phdr& segment = *eppnt;
    Zeros zeros{};
    u64 mapped = ELF_PAGESTART(addr);
    if (segment.p_filesz) {
        mapped = TRY(loadFilePart(filep, addr, segment, prot, type, total_size, zeros));
        if (BAD_ADDR(mapped)) return mapped;
    } else {
        zeros = {mapped, mapped + ELF_PAGEOFFSET(segment.p_vaddr) + segment.p_memsz};
    }
    if (segment.p_memsz <= segment.p_filesz) return mapped;
    const u64 start = ELF_PAGEALIGN(zeros.start), end = ELF_PAGEALIGN(zeros.end);
    TRY_INT(vm_brk_flags(start, end - start, prot & PROT_EXEC ? VM_EXEC : 0));
    return mapped;
}

namespace {

// The largest p_align of the PT_LOADs that is a power of two.
u64 maximumAlignment(const ProgramHeaders& headers) {
    u64 alignment = 0;
    for (const elf_phdr& header : headers)
        if (header.p_type == PT_LOAD && std::has_single_bit(header.p_align)) alignment = std::max<u64>(alignment, header.p_align);
    return ELF_PAGEALIGN(alignment);
}

struct Placement {
    u64 flags, total_size;
};

// Where a program without interpreter would come to lie, rounded down to what its segments ask for (6.1.139).
Result<u64> probe(linux_binprm* bprm, const elf_phdr& segment, u64 total_size, u64 alignment) {
    const int prot = static_cast<int>(segmentProtection(segment));
    const u64 found = TRY(elf_load(bprm->file, 0, &segment, prot, MAP_PRIVATE, total_size));
    if (!check("the place found lies below TASK_SIZE", !BAD_ADDR(found), found)) return Failure{-EINVAL};
    vm_munmap(found, total_size);
    return found & ~(alignment - 1);
}

// A program with an interpreter lies at two thirds of the address space; without one it may be an interpreter that is run
// directly and lies among the mappings, out of the way of the program it will load.
Result<Placement> placeDynamic(linux_binprm* bprm, ElfImage& image, const elf_phdr& segment) {
    const u64 total_size = total_mapping_size(image.elf_phdata.data(), static_cast<int>(image.elf_phdata.size()));
    if (!check("the PT_LOADs have a size", total_size != 0, total_size)) return Failure{-EINVAL};
    const u64 alignment = maximumAlignment(image.elf_phdata);
    u64 bias = 0, flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE;
    if (image.interpreter) {
        bias = ELF_ET_DYN_BASE;
        if (current->flags & PF_RANDOMIZE) bias += (randomU64("arch_mmap_rnd") & 0xfff'ffff) << PAGE_SHIFT;
        if (alignment) bias &= ~(alignment - 1);
    } else if (alignment > PAGE_SIZE) {
        bias = TRY(probe(bprm, segment, total_size, alignment));
    } else {
        flags = MAP_PRIVATE;
    }
    image.load_bias = ELF_PAGESTART(bias - segment.p_vaddr);
    return Placement{flags, total_size};
}

bool inUserSpace(const elf_phdr& s) {
    return check("p_vaddr < TASK_SIZE", !BAD_ADDR(s.p_vaddr), u64{s.p_vaddr}) &&
           check("p_filesz <= p_memsz", s.p_filesz <= s.p_memsz, u64{s.p_memsz}) &&
           check("p_vaddr + p_memsz <= TASK_SIZE", s.p_memsz <= TASK_SIZE && TASK_SIZE - s.p_memsz >= s.p_vaddr, u64{s.p_memsz});
}

void raise(Local<u64>& highest, u64 value) {
    if (value > highest) highest = value;
}

int extendRanges(ElfImage& image, const elf_phdr& segment) {
    const u64 start = segment.p_vaddr;
    const bool code = segment.p_flags & PF_X;
    if (code && start < image.start_code) image.start_code = start;
    raise(image.start_data, start);
    if (!inUserSpace(segment)) return -EINVAL;
    if (code) raise(image.end_code, start + segment.p_filesz);
    raise(image.end_data, start + segment.p_filesz);
    raise(image.elf_brk, start + segment.p_memsz);
    return 0;
}

Result<Placement> place(linux_binprm* bprm, ElfImage& image, const elf_phdr& segment, bool first) {
    if (!first) return Placement{MAP_PRIVATE | MAP_FIXED, 0};
    if (image.elf_ex.e_type == ET_EXEC) return Placement{MAP_PRIVATE | MAP_FIXED_NOREPLACE, 0};
    return placeDynamic(bprm, image, segment);
}

int mapSegment(linux_binprm* bprm, ElfImage& image, const elf_phdr& segment, bool first) {
    const Placement where = TRY(place(bprm, image, segment, first));
    const u64 wanted = image.load_bias + segment.p_vaddr;
    const int prot = static_cast<int>(segmentProtection(segment));
    const u64 mapped = TRY(elf_load(bprm->file, wanted, &segment, prot, where.flags, where.total_size));
    if (!check("segment lies below TASK_SIZE", !BAD_ADDR(mapped), mapped)) return -EINVAL;
    if (first && image.elf_ex.e_type == ET_DYN) image.load_bias += mapped - ELF_PAGESTART(wanted);
    const u64 table = image.elf_ex.e_phoff;
    if (segment.p_offset <= table && table < segment.p_offset + segment.p_filesz)
        image.phdr_addr = table - segment.p_offset + segment.p_vaddr;
    return extendRanges(image, segment);
}

}  // namespace

int mapSegments(linux_binprm* bprm, ElfImage& image) {
    bool first = true;
    for (const elf_phdr& segment : image.elf_phdata) {
        if (segment.p_type != PT_LOAD) continue;
        TRY_INT(mapSegment(bprm, image, segment, first));
        first = false;
    }
    image.e_entry = image.elf_ex.e_entry;
    for (Local<u64>* address : {&image.e_entry, &image.phdr_addr, &image.elf_brk, &image.start_code, &image.end_code,
                                &image.start_data, &image.end_data})
        *address += image.load_bias;
    return 0;
}

int findEntry(ElfImage& image) {
    image.elf_entry = image.e_entry;
    if (image.interpreter) {
        const u64 loaded = asAddress(
            load_elf_interp(&image.interp_elf_ex, image.interpreter, image.load_bias, image.interp_elf_phdata.data()));
        image.elf_entry = loaded;
        if (!isError(loaded)) {
            image.interp_load_addr = loaded;
            image.elf_entry += image.interp_elf_ex.e_entry;
        }
    }
    const u64 entry = image.elf_entry;
    if (!check("entry point < TASK_SIZE", !BAD_ADDR(entry), entry)) return isError(entry) ? static_cast<int>(entry) : -EINVAL;
    image.releaseInterpreter();
    return 0;
}

}  // namespace loader::v6_1
