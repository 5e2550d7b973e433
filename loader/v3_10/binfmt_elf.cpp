// fs/binfmt_elf.c load_elf_binary as v3.10 has it: the order of the steps.
#include "loader/elf.hpp"

#include "cpu/cpuid.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "loader/internal.hpp"
#include "loader/v3_10/elf_image.hpp"

namespace loader::v3_10 {

using namespace kernel;

extern linux_binfmt elf_format;

// v3.10 keeps the random number in 32 bits: 22 bits of pages, cut to less than 4 GiB.
static TRACED(u64, randomize_stack_top, (u64, stack_top)) {
    u32 random = static_cast<u32>(randomU64("randomize_stack_top")) & 0x3fffff;
    random <<= PAGE_SHIFT;
    return PAGE_ALIGN(stack_top) - random;
}

// personality(2): what the old program left and the new one's PT_GNU_STACK asks for.
static void setPersonality(const ElfImage& image) {
    current->mm->def_flags = 0;
    set_personality_64bit();
    const bool executable = image.executable_stack != EXSTACK_DISABLE_X;
    if (!check("PT_GNU_STACK forbids an executable stack", !executable, int{image.executable_stack}))
        current->personality |= READ_IMPLIES_EXEC;
    if (!(current->personality & ADDR_NO_RANDOMIZE) && randomize_va_space()) current->flags |= PF_RANDOMIZE;
}

static int killed(int signal, int error) {
    send_sig(signal, current, 0);
    return error;
}

static int placeStack(linux_binprm* bprm, const ElfImage& image) {
    mm_struct* mm = current->mm;
    mm->free_area_cache = mm->mmap_base.get();
    mm->cached_hole_size = 0;
    const u64 stack_top = current->flags & PF_RANDOMIZE ? randomize_stack_top(STACK_TOP) : STACK_TOP;
    if (const int error = setup_arg_pages(bprm, stack_top, image.executable_stack); error < 0) return killed(SIGKILL, error);
    mm->start_stack = bprm->p.get();
    return 0;
}

// getauxval(3). Without vDSO there would be no AT_SYSINFO_EHDR.
static AuxiliaryVector listAuxiliary(const AuxiliaryValues& v) {
    constexpr u64 USER_HZ = 100;
    AuxiliaryVector list = {
        {AT_SYSINFO_EHDR, v.sysinfo_ehdr}, {AT_HWCAP, cpu::cpuidLeaf(processor().model(), 1, 0).edx}, {AT_PAGESZ, PAGE_SIZE}, {AT_CLKTCK, USER_HZ},
        {AT_PHDR, v.phdr}, {AT_PHENT, v.phent}, {AT_PHNUM, v.phnum}, {AT_BASE, v.base}, {AT_FLAGS, 0}, {AT_ENTRY, v.entry},
        {AT_UID, v.uid}, {AT_EUID, v.euid}, {AT_GID, v.gid}, {AT_EGID, v.egid}, {AT_SECURE, v.secure},
        {AT_RANDOM, v.random}, {AT_EXECFN, v.execfn}, {AT_PLATFORM, v.platform},
    };
    if (v.has_execfd) list.emplace_back(AT_EXECFD, v.execfd);
    list.emplace_back(AT_NULL, 0);
    return list;
}

static TRACED(int, create_elf_tables, (linux_binprm*, bprm), (const elfhdr*, exec), (u64, load_addr), (u64, interp_load_addr)) {
    AuxiliaryValues values = auxiliaryValues(bprm, *exec);
    values.phdr = load_addr + exec->e_phoff;
    values.base = interp_load_addr;
    values.entry = exec->e_entry;
    values.secure = security_bprm_secureexec(bprm);
    values.has_execfd = bprm->interp_flags & BINPRM_FLAGS_EXECFD;
    values.execfd = bprm->interp_data;
    return createElfTables(bprm, values, listAuxiliary);
}

static void describeImage(const linux_binprm* bprm, const ElfImage& image) {
    mm_struct* mm = current->mm;
    mm->end_code = image.end_code;
    mm->start_code = image.start_code;
    mm->start_data = image.start_data;
    mm->end_data = image.end_data;
    mm->start_stack = bprm->p.get();
    if ((current->flags & PF_RANDOMIZE) && randomize_va_space() > 1) {
        mm->start_brk = arch_randomize_brk(mm);
        mm->brk = mm->start_brk.get();
    }
    if (current->personality & MMAP_PAGE_ZERO)
        (void)vm_mmap(nullptr, 0, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_FIXED | MAP_PRIVATE, 0);
}

static TRACED(int, load_elf_binary, (linux_binprm*, bprm)) {
    ElfImage image;
    TRY_INT(readHeaders(bprm, image));
    TRY_INT(openInterpreter(bprm, image));
    TRY_INT(flush_old_exec(bprm));
    setPersonality(image);
    setup_new_exec(bprm);
    TRY_INT(placeStack(bprm, image));
    TRY_INT(mapSegments(bprm, image));
    TRY_INT(findEntry(image));
    set_binfmt(&elf_format);
    if (const int error = arch_setup_additional_pages(bprm, image.interpreter); error < 0) return killed(SIGKILL, error);
    install_exec_creds(bprm);
    const int tables = create_elf_tables(bprm, &image.elf_ex, image.load_addr, image.interp_load_addr);
    if (tables < 0) return killed(SIGKILL, tables);
    describeImage(bprm, image);
    ELF_PLAT_INIT(current_pt_regs());
    start_thread(current_pt_regs(), image.elf_entry, bprm->p);
    return 0;
}

linux_binfmt elf_format = {"elf_format", load_elf_binary, elf_core_dump, PAGE_SIZE};

TRACED(int, init_elf_binfmt) {
    register_binfmt(&elf_format);
    return 0;
}

}  // namespace loader::v3_10
