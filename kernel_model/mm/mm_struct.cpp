// Linux kernel/fork.c, the functions of address spaces.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/arch/x86/mm/pkeys.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

TRACED(mm_struct*, mm_init, (mm_struct*, mm), (task_struct*, p)) {
    mm->mm_users = 1;
    mm->mm_count = 1;
    mm->flags = current->mm ? current->mm->flags & (0x7ff | MMF_DISABLE_THP) : 0x33 << 2;  // default_dump_filter
    mm->nr_ptes = 0;
    mm->free_area_cache = TASK_UNMAPPED_BASE;
    mm->cached_hole_size = ~u64{0};
    const u64 pgd = pgd_alloc();
    if (pgd == 0) {
        delete mm;
        return nullptr;
    }
    mm->pgd = pgd;
    mm->def_flags = 0;
    if (!version().mm.mm_init_makes_context || init_new_context(p, mm) == 0) return mm;
    pgd_free(pgd);
    delete mm;
    return nullptr;
}

// A duplicate begins with the original's values; mm_init and dup_mmap reset what the child does not inherit.
mm_struct* copyFields(const mm_struct* from) {
    auto* mm = new mm_struct(from);
    mm->mmap_base.quiet() = from->mmap_base;
    mm->mmap_legacy.quiet() = from->mmap_legacy;
    mm->free_area_cache.quiet() = from->free_area_cache;
    mm->cached_hole_size.quiet() = from->cached_hole_size;
    mm->task_size.quiet() = from->task_size;
    mm->total_vm.quiet() = from->total_vm;
    mm->locked_vm.quiet() = from->locked_vm;
    mm->stack_vm.quiet() = from->stack_vm;
    mm->exec_vm.quiet() = from->exec_vm;
    mm->shared_vm.quiet() = from->shared_vm;
    mm->data_vm.quiet() = from->data_vm;
    mm->def_flags.quiet() = from->def_flags;
    mm->start_code.quiet() = from->start_code;
    mm->end_code.quiet() = from->end_code;
    mm->start_data.quiet() = from->start_data;
    mm->end_data.quiet() = from->end_data;
    mm->start_brk.quiet() = from->start_brk;
    mm->brk.quiet() = from->brk;
    mm->start_stack.quiet() = from->start_stack;
    mm->arg_start.quiet() = from->arg_start;
    mm->arg_end.quiet() = from->arg_end;
    mm->env_start.quiet() = from->env_start;
    mm->env_end.quiet() = from->env_end;
    mm->flags.quiet() = from->flags;
    mm->vdso.quiet() = from->vdso;
    mm->nr_ptes.quiet() = from->nr_ptes;
    mm->pkey_allocation_map.quiet() = from->pkey_allocation_map;
    mm->execute_only_pkey.quiet() = from->execute_only_pkey;
    mm->mm_users.quiet() = from->mm_users;
    mm->mm_count.quiet() = from->mm_count;
    mm->map_count.quiet() = from->map_count;
    mm->pgd.quiet() = from->pgd;
    mm->binfmt = from->binfmt;
    mm->saved_auxv = from->saved_auxv;
    return mm;
}

TRACED(void, __mmdrop, (mm_struct*, mm)) {
    pgd_free(mm->pgd);
    delete mm;
}

}  // namespace

void replaceExeFile(mm_struct* mm, file* held) {
    file* old = mm->exe_file;
    mm->exe_file = held;
    if (traces::tracer().on(traces::Kind::set)) traces::fieldChanged(&mm->exe_file, "exe_file", objectValue(old), objectValue(held));
    if (old == nullptr) return;
    if (version().mm.exe_file_denies_writers) allow_write_access(old);
    fput(old);
}

TRACED(OrNull<mm_struct>, mm_alloc) {
    auto* mm = new mm_struct;
    if (hasProtectionKeys()) {
        mm->pkey_allocation_map = 1;
        mm->execute_only_pkey = -1;
    }
    return mm_init(mm, current);
}

TRACED(OrNull<mm_struct>, dup_mm, (task_struct*, tsk)) {
    mm_struct* oldmm = current->mm;
    if (oldmm == nullptr) return nullptr;
    mm_struct* mm = mm_init(copyFields(oldmm), tsk);
    if (mm == nullptr) return nullptr;
    if (version().mm.fillDuplicate(tsk, mm, oldmm) == 0) return mm;
    mm->binfmt = nullptr;
    mmput(mm);
    return nullptr;
}

TRACED(void, mmput, (mm_struct*, mm)) {
    mm->mm_users -= 1;
    if (mm->mm_users == 0) version().mm.lastUser(mm);
}

TRACED(void, mmdrop, (mm_struct*, mm)) {
    mm->mm_count -= 1;
    if (mm->mm_count == 0) __mmdrop(mm);
}

TRACED(void, set_mm_exe_file, (mm_struct*, mm), (struct file*, new_exe_file)) {
    replaceExeFile(mm, new_exe_file ? get_file(new_exe_file) : nullptr);
}

}  // namespace kernel
