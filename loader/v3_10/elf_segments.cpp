// load_elf_binary of v3.10 after the point of no return: segments, bss, heap, and which entry point it is.
#include "loader/v3_10/elf_image.hpp"

#include "kernel_model/include/linux/mm.hpp"

#include <algorithm>

namespace loader::v3_10 {

using namespace kernel;

namespace {

int killed(int error) {
    send_sig(SIGKILL, current, 0);
    return error;
}

// A segment that follows one with bss: its bss lies in between. Bytes that cannot be zeroed are left as they are.
int fillGap(const ElfImage& image) {
    const u64 bss = image.elf_bss, brk = image.elf_brk, bias = image.load_bias;
    if (brk <= bss) return 0;
    if (const int error = set_brk(bss + bias, brk + bias); error < 0) return killed(error);
    if (const u64 offset = ELF_PAGEOFFSET(bss)) clear_user(UserPtr<void>(bss + bias), std::min(PAGE_SIZE - offset, brk - bss));
    return 0;
}

u64 segmentFlags(ElfImage& image, const elf_phdr& segment) {
    u64 flags = MAP_PRIVATE | MAP_DENYWRITE | MAP_EXECUTABLE;
    if (image.elf_ex.e_type == ET_EXEC || image.load_addr_set) return flags | MAP_FIXED;
    // With randomisation mmap chooses the place, without it the program lies at two thirds of the address space.
    image.load_bias = current->flags & PF_RANDOMIZE ? 0 : ELF_PAGESTART(ELF_ET_DYN_BASE - segment.p_vaddr);
    return flags;
}

void noteFirstSegment(ElfImage& image, const elf_phdr& segment, u64 mapped) {
    if (image.load_addr_set) return;
    image.load_addr_set = true;
    image.load_addr = segment.p_vaddr - segment.p_offset;
    if (image.elf_ex.e_type != ET_DYN) return;
    image.load_bias += mapped - ELF_PAGESTART(image.load_bias + segment.p_vaddr);
    image.load_addr += image.load_bias;
}

bool inUserSpace(const elf_phdr& s, u64 address) {
    return check("p_vaddr < TASK_SIZE", !BAD_ADDR(address), address) &&
           check("p_filesz <= p_memsz", s.p_filesz <= s.p_memsz, u64{s.p_memsz}) &&
           check("p_vaddr + p_memsz <= TASK_SIZE", s.p_memsz <= TASK_SIZE && TASK_SIZE - s.p_memsz >= address, u64{s.p_memsz});
}

void raise(Local<u64>& highest, u64 value) {
    if (value > highest) highest = value;
}

int extendRanges(ElfImage& image, const elf_phdr& segment) {
    const u64 start = segment.p_vaddr;
    if (start < image.start_code) image.start_code = start;
    raise(image.start_data, start);
    if (!inUserSpace(segment, start)) return killed(-EINVAL);
    const u64 file_end = start + segment.p_filesz;
    raise(image.elf_bss, file_end);
    if (segment.p_flags & PF_X) raise(image.end_code, file_end);
    raise(image.end_data, file_end);
    raise(image.elf_brk, start + segment.p_memsz);
    return 0;
}

int mapSegment(linux_binprm* bprm, ElfImage& image, const elf_phdr& segment) {
    TRY_INT(fillGap(image));
    const u64 prot = segmentProtection(segment);
    const u64 flags = segmentFlags(image, segment);
    const Result<u64> mapped = elf_map(bprm->file, image.load_bias + segment.p_vaddr, &segment, prot, flags, 0);
    if (!mapped.ok()) return killed(mapped.error());
    if (!check("segment lies below TASK_SIZE", !BAD_ADDR(mapped.value()), mapped.value())) return killed(-EINVAL);
    noteFirstSegment(image, segment, mapped.value());
    return extendRanges(image, segment);
}

void applyBias(ElfImage& image) {
    const u64 bias = image.load_bias;
    image.elf_ex.e_entry += bias;
    for (Local<u64>* address : {&image.elf_bss, &image.elf_brk, &image.start_code, &image.end_code, &image.start_data, &image.end_data})
        *address += bias;
}

}  // namespace

int mapSegments(linux_binprm* bprm, ElfImage& image) {
    for (const elf_phdr& segment : image.elf_phdata)
        if (segment.p_type == PT_LOAD) TRY_INT(mapSegment(bprm, image, segment));
    applyBias(image);
    if (const int error = set_brk(image.elf_bss, image.elf_brk); error < 0) return killed(error);
    if (image.elf_bss == image.elf_brk || padzero(image.elf_bss) == 0) return 0;
    send_sig(SIGSEGV, current, 0);
    return -EFAULT;
}

// The value is where the interpreter lies, or a negative errno (-1 for a header it cannot use).
static u64 useInterpreter(ElfImage& image) {
    const u64 loaded =
        asAddress(load_elf_interp(&image.interp_elf_ex, image.interpreter, {&image.interp_map_addr}, image.load_bias));
    if (isError(loaded)) return loaded;
    image.interp_load_addr = loaded;
    return loaded + image.interp_elf_ex.e_entry;
}

int findEntry(ElfImage& image) {
    image.elf_entry = image.interpreter ? useInterpreter(image) : u64{image.elf_ex.e_entry};
    const u64 entry = image.elf_entry;
    if (check("entry point < TASK_SIZE", !BAD_ADDR(entry), entry)) return 0;
    force_sig(SIGSEGV, current);
    return isError(entry) ? static_cast<int>(entry) : -EINVAL;
}

}  // namespace loader::v3_10
