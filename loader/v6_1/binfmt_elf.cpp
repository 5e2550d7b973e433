// fs/binfmt_elf.c load_elf_binary as 6.1.187 has it: the order of the steps.
#include "cpu/cpuid.hpp"
#include "cpu/features.hpp"
#include "loader/internal.hpp"
#include "loader/v6_1/elf_image.hpp"

namespace loader::v6_1 {

using namespace kernel;

extern linux_binfmt elf_format;

// 22 bits of pages: 16 GiB.
static TRACED(u64, randomize_stack_top, (u64, stack_top)) {
    u64 random = 0;
    if (current->flags & PF_RANDOMIZE) random = (randomU64("randomize_stack_top") & 0x3fffff) << PAGE_SHIFT;
    return PAGE_ALIGN(stack_top) - random;
}

// A 64-bit program's readable pages are never executable just because it has no PT_GNU_STACK (personality(2)).
static void setPersonality() {
    set_personality_64bit();
    if (!(current->personality & ADDR_NO_RANDOMIZE) && randomize_va_space()) current->flags |= PF_RANDOMIZE;
}

// What fxsave or xsave writes (with a magic number behind it), and around it the frame's other parts with their padding; a
// 32-bit frame is larger than ours (sigaltstack(2), MINSIGSTKSZ).
static u64 largestSignalFrame() {
    constexpr u64 around = 922, fxsave_bytes = 512, magic_bytes = 4;
    const bool xsave = cpu::has(processor().model(), "osxsave");
    return (around + (xsave ? cpu::cpuidLeaf(processor().model(), 13, 0).ebx + magic_bytes : fxsave_bytes) + 15) & ~u64{15};
}

// getauxval(3). AT_MINSIGSTKSZ: the largest signal frame; AT_HWCAP2: bit 1 = rdfsbase and its like work.
static AuxiliaryVector listAuxiliary(const AuxiliaryValues& v) {
    constexpr u64 USER_HZ = 100, HWCAP2_FSGSBASE = 2;
    const u64 hwcap2 = cpu::has(processor().model(), "fsgsbase") ? HWCAP2_FSGSBASE : 0;
    AuxiliaryVector list = {
        {AT_SYSINFO_EHDR, v.sysinfo_ehdr}, {AT_MINSIGSTKSZ, largestSignalFrame()},
        {AT_HWCAP, cpu::cpuidLeaf(processor().model(), 1, 0).edx}, {AT_PAGESZ, PAGE_SIZE}, {AT_CLKTCK, USER_HZ},
        {AT_PHDR, v.phdr}, {AT_PHENT, v.phent}, {AT_PHNUM, v.phnum}, {AT_BASE, v.base}, {AT_FLAGS, v.flags}, {AT_ENTRY, v.entry},
        {AT_UID, v.uid}, {AT_EUID, v.euid}, {AT_GID, v.gid}, {AT_EGID, v.egid}, {AT_SECURE, v.secure},
        {AT_RANDOM, v.random}, {AT_HWCAP2, hwcap2}, {AT_EXECFN, v.execfn}, {AT_PLATFORM, v.platform},
    };
    if (v.has_execfd) list.emplace_back(AT_EXECFD, v.execfd);
    list.emplace_back(AT_NULL, 0);
    return list;
}

static TRACED(int, create_elf_tables, (linux_binprm*, bprm), (const elfhdr*, exec), (u64, interp_load_addr), (u64, e_entry),
              (u64, phdr_addr)) {
    constexpr u64 AT_FLAGS_PRESERVE_ARGV0 = 1;
    AuxiliaryValues values = auxiliaryValues(bprm, *exec);
    values.phdr = phdr_addr;
    values.base = interp_load_addr;
    values.entry = e_entry;
    values.secure = bprm->secureexec;
    values.flags = bprm->interp_flags & BINPRM_FLAGS_PRESERVE_ARGV0 ? AT_FLAGS_PRESERVE_ARGV0 : 0;
    values.has_execfd = bprm->have_execfd;
    values.execfd = static_cast<u64>(bprm->execfd.get());
    return createElfTables(bprm, values, listAuxiliary);
}

// A loader that is run directly would have its heap among the mappings: it gets the place of a program's instead. Others
// leave a page between bss and heap when addresses are random.
static void placeHeap(const ElfImage& image) {
    mm_struct* mm = current->mm;
    const bool loader = image.elf_ex.e_type == ET_DYN && image.interp_elf_phdata.empty();
    mm->start_brk = ELF_PAGEALIGN(loader ? ELF_ET_DYN_BASE : image.elf_brk);
    mm->brk = mm->start_brk.get();
    if (!(current->flags & PF_RANDOMIZE) || randomize_va_space() <= 1) return;
    if (!loader) mm->start_brk = mm->brk += PAGE_SIZE;
    mm->start_brk = arch_randomize_brk(mm);
    mm->brk = mm->start_brk.get();
}

static void describeImage(const linux_binprm* bprm, const ElfImage& image) {
    mm_struct* mm = current->mm;
    mm->end_code = image.end_code;
    mm->start_code = image.start_code;
    mm->start_data = image.start_data;
    mm->end_data = image.end_data;
    mm->start_stack = bprm->p.get();
    placeHeap(image);
    if (current->personality & MMAP_PAGE_ZERO)
        (void)vm_mmap(nullptr, 0, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_FIXED | MAP_PRIVATE, 0);
}

static int buildImage(linux_binprm* bprm, ElfImage& image) {
    TRY_INT(setup_arg_pages(bprm, randomize_stack_top(STACK_TOP), image.executable_stack));
    TRY_INT(mapSegments(bprm, image));
    TRY_INT(findEntry(image));
    set_binfmt(&elf_format);
    TRY_INT(arch_setup_additional_pages(bprm, !image.interp_elf_phdata.empty()));
    TRY_INT(create_elf_tables(bprm, &image.elf_ex, image.interp_load_addr, image.e_entry, image.phdr_addr));
    describeImage(bprm, image);
    return 0;
}

static TRACED(int, load_elf_binary, (linux_binprm*, bprm)) {
    ElfImage image;
    TRY_INT(readHeaders(bprm, image));
    TRY_INT(openInterpreter(bprm, image));
    TRY_INT(begin_new_exec(bprm));
    setPersonality();
    setup_new_exec(bprm);
    TRY_INT(buildImage(bprm, image));
    ELF_PLAT_INIT(current_pt_regs());
    finalize_exec(bprm);
    start_thread(current_pt_regs(), image.elf_entry, bprm->p);
    return 0;
}

linux_binfmt elf_format = {"elf_format", load_elf_binary, elf_core_dump, PAGE_SIZE};

TRACED(int, init_elf_binfmt) {
    register_binfmt(&elf_format);
    return 0;
}

}  // namespace loader::v6_1
