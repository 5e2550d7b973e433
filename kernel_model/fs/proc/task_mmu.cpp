// /proc/PID/maps, smaps and statm (Linux fs/proc/task_mmu.c).
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/fs/proc/task_mmu.hpp"
#include "kernel_model/include/linux/mm.hpp"

namespace kernel {
Result<std::string> showMaps(task_struct* t) { return t->mm ? show_maps(t->mm) : std::string(); }

Result<std::string> showStatm(task_struct* t) {
    const mm_struct* const mm = t->mm;
    if (!mm) return std::string("0 0 0 0 0 0 0\n");
    const u64 text = (PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK)) >> PAGE_SHIFT;
    return format("%llu %lld %lld %llu 0 %llu 0\n", static_cast<unsigned long long>(mm->total_vm.get()),
                  static_cast<long long>(mm->rss_file + mm->rss_anon), static_cast<long long>(mm->rss_file), static_cast<unsigned long long>(text),
                  static_cast<unsigned long long>(mm->total_vm - mm->shared_vm));
}

Result<std::string> showSmaps(task_struct* t) { return t->mm ? show_smaps(t->mm) : std::string(); }
Result<std::string> showSmapsRollup(task_struct* t) {
    if (!t->mm) return Failure{-ESRCH};
    return show_smaps_rollup(t->mm);
}

}  // namespace kernel
