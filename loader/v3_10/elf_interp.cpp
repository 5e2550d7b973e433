// fs/binfmt_elf.c load_elf_interp of v3.10: maps the dynamic linker, which has its own headers and bss.
#include "loader/v3_10/elf_image.hpp"

#include "kernel_model/include/injection.hpp"
#include "kernel_model/versions/v3_10/mm.hpp"

#include <algorithm>

namespace loader::v3_10 {

using namespace kernel;

namespace {

struct Interpreter {
    const elfhdr& header;
    file* interpreter;
    Local<u64>& interp_map_addr;
    u64 no_base;
    bool load_addr_set;
    Local<u64> load_addr{"load_addr"};
    Local<u64> total_size{"total_size"};    // 0 once the first segment has reserved it
    Local<u64> last_bss{"last_bss"};
    Local<u64> elf_bss{"elf_bss"};
};

bool inUserSpace(const elf_phdr& s, u64 address) {
    const bool fits = !BAD_ADDR(address) && s.p_filesz <= s.p_memsz && s.p_memsz <= TASK_SIZE && TASK_SIZE - s.p_memsz >= address;
    return check("interpreter's segment lies in user space", fits, address);
}

int mapSegment(Interpreter& i, const elf_phdr& segment) {
    u64 flags = MAP_PRIVATE | MAP_DENYWRITE;
    if (i.header.e_type == ET_EXEC || i.load_addr_set) flags |= MAP_FIXED;
    else if (i.no_base) i.load_addr = u64{0} - segment.p_vaddr;
    const Result<u64> mapped =
        elf_map(i.interpreter, i.load_addr + segment.p_vaddr, &segment, segmentProtection(segment), flags, i.total_size);
    i.total_size = 0;
    if (!mapped.ok()) return mapped.error();
    if (i.interp_map_addr == 0) i.interp_map_addr = mapped.value();
    if (!check("interpreter's segment lies below TASK_SIZE", !BAD_ADDR(mapped.value()), u64{mapped.value()})) return -EINVAL;
    if (!i.load_addr_set && i.header.e_type == ET_DYN) {
        i.load_addr = mapped.value() - ELF_PAGESTART(segment.p_vaddr);
        i.load_addr_set = true;
    }
    const u64 start = i.load_addr + segment.p_vaddr;
    if (!inUserSpace(segment, start)) return -ENOMEM;
    i.elf_bss = std::max<u64>(i.elf_bss, start + segment.p_filesz);
    i.last_bss = std::max<u64>(i.last_bss, start + segment.p_memsz);
    return 0;
}

int mapBss(const Interpreter& i) {
    if (i.last_bss <= i.elf_bss) return 0;
    if (padzero(i.elf_bss)) return -EFAULT;
    const u64 start = ELF_PAGEALIGN(i.elf_bss);
    if (i.last_bss <= start) return 0;
    (void)TRY(kernel::v3_10::vm_brk(start, i.last_bss - start));
    return 0;
}

}  // namespace

static int mapInterpreter(Interpreter& i) {
    const bool usable = isExecutableType(i.header) && elf_check_arch(i.header) && canBeMapped(i.interpreter) &&
                        hasProgramHeaders(i.header, PAGE_SIZE);
    if (!usable) return -1;
    if (kmallocFails(i.header.e_phnum * sizeof(elf_phdr))) return -1;
    const ProgramHeaders headers = TRY(readProgramHeaders(i.interpreter, i.header));
    i.total_size = total_mapping_size(headers.data(), static_cast<int>(headers.size()));
    if (!check("interpreter has a PT_LOAD", i.total_size != 0, u64{i.total_size})) return -EINVAL;
    for (const elf_phdr& segment : headers)
        if (segment.p_type == PT_LOAD) TRY_INT(mapSegment(i, segment));
    return mapBss(i);
}

TRACED(Result<u64>, load_elf_interp, (const elfhdr*, interp_elf_ex), (file*, interpreter), (FirstMapping, interp_map_addr),
       (u64, no_base)) {
    Interpreter i{*interp_elf_ex, interpreter, *interp_map_addr.address, no_base, false};
    const int error = mapInterpreter(i);
    if (error < 0) return Failure{error};
    return u64{i.load_addr};
}

}  // namespace loader::v3_10
