// fs/binfmt_elf.c load_elf_interp of 6.1.187: maps the dynamic linker, which has its own headers and bss.
#include "loader/v6_1/elf_image.hpp"


#include <algorithm>

namespace loader::v6_1 {

using namespace kernel;

namespace {

struct Interpreter {
    const elfhdr& header;
    file* interpreter;
    u64 no_base;
    bool load_addr_set = false;
    u64 bss_prot = 0;
    Local<u64> load_addr{"load_addr"};
    Local<u64> total_size{"total_size"};    // 0 once the first segment has reserved it
    Local<u64> last_bss{"last_bss"};
    Local<u64> elf_bss{"elf_bss"};
};

bool inUserSpace(const elf_phdr& s, u64 address) {
    const bool fits = !BAD_ADDR(address) && s.p_filesz <= s.p_memsz && s.p_memsz <= TASK_SIZE && TASK_SIZE - s.p_memsz >= address;
    return check("interpreter's segment lies in user space", fits, address);
}

u64 flagsOf(Interpreter& i, const elf_phdr& segment) {
    if (i.header.e_type == ET_EXEC || i.load_addr_set) return MAP_PRIVATE | MAP_FIXED;
    if (i.no_base) i.load_addr = u64{0} - segment.p_vaddr;
    return MAP_PRIVATE;
}

int mapSegment(Interpreter& i, const elf_phdr& segment) {
    const u64 flags = flagsOf(i, segment);
    const u64 prot = segmentProtection(segment);
    const u64 mapped =
        TRY(elf_map(i.interpreter, i.load_addr + segment.p_vaddr, &segment, static_cast<int>(prot), flags, i.total_size));
    i.total_size = 0;
    if (!check("interpreter's segment lies below TASK_SIZE", !BAD_ADDR(mapped), u64{mapped})) return -EINVAL;
    if (!i.load_addr_set && i.header.e_type == ET_DYN) {
        i.load_addr = mapped - ELF_PAGESTART(segment.p_vaddr);
        i.load_addr_set = true;
    }
    const u64 start = i.load_addr + segment.p_vaddr;
    if (!inUserSpace(segment, start)) return -ENOMEM;
    i.elf_bss = std::max<u64>(i.elf_bss, start + segment.p_filesz);
    if (start + segment.p_memsz > i.last_bss) {
        i.last_bss = start + segment.p_memsz;
        i.bss_prot = prot;
    }
    return 0;
}

// The last page of the file is zeroed behind its end whether or not there is a bss: it has to be writable.
int mapBss(const Interpreter& i) {
    if (padzero(i.elf_bss)) return -EFAULT;
    const u64 start = ELF_PAGEALIGN(i.elf_bss), end = ELF_PAGEALIGN(i.last_bss);
    return end > start ? vm_brk_flags(start, end - start, i.bss_prot & PROT_EXEC ? VM_EXEC : 0) : 0;
}

int mapInterpreter(Interpreter& i, const elf_phdr* headers) {
    if (!isExecutableType(i.header) || !elf_check_arch(i.header) || !canBeMapped(i.interpreter)) return -1;
    i.total_size = total_mapping_size(headers, i.header.e_phnum);
    if (!check("interpreter has a PT_LOAD", i.total_size != 0, u64{i.total_size})) return -EINVAL;
    for (const elf_phdr* segment = headers; segment != headers + i.header.e_phnum; ++segment)
        if (segment->p_type == PT_LOAD) TRY_INT(mapSegment(i, *segment));
    return mapBss(i);
}

}  // namespace

TRACED(Result<u64>, load_elf_interp, (const elfhdr*, interp_elf_ex), (file*, interpreter), (u64, no_base),
       (const elf_phdr*, interp_elf_phdata)) {
    Interpreter i{*interp_elf_ex, interpreter, no_base};
    const int error = mapInterpreter(i, interp_elf_phdata);
    if (error < 0) return Failure{error};
    return u64{i.load_addr};
}

}  // namespace loader::v6_1
