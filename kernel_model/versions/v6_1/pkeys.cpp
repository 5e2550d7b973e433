#include "kernel_model/versions/v6_1/pkeys.hpp"

#include "kernel_model/mm/flags.hpp"
#include "kernel_model/versions/v6_1/mm.hpp"

namespace kernel::v6_1 {
namespace {

int arch_max_pkey() { return hasProtectionKeys() ? 16 : 1; }

// The key, or -1: all are allocated.
int mm_pkey_alloc(mm_struct* mm) {
    for (int pkey = 0; pkey < arch_max_pkey(); ++pkey) {
        if (mm->pkey_allocation_map >> pkey & 1) continue;
        mm->pkey_allocation_map |= 1u << pkey;
        return pkey;
    }
    return -1;
}

void mm_set_pkey_free(mm_struct* mm, int pkey) { mm->pkey_allocation_map &= ~(1u << pkey); }

// pkey_free(2) does not look whether memory still has the key.
int mm_pkey_free(mm_struct* mm, int pkey) {
    if (!check("the key is allocated", mm_pkey_is_allocated(mm, pkey), static_cast<u64>(pkey))) return -EINVAL;
    mm_set_pkey_free(mm, pkey);
    return 0;
}

TRACED(int, arch_set_user_pkey_access, (task_struct*, tsk), (int, pkey), (u64, init_val)) {
    if (!check("the processor has protection keys", hasProtectionKeys(), init_val)) return -EINVAL;
    u32& pkru = processor().registers().pkru;
    const u32 before = pkru;
    pkru = (pkru & ~(3u << 2 * pkey)) | static_cast<u32>(init_val) << 2 * pkey;
    if (traces::tracer().on(traces::Kind::set) && before != pkru)
        traces::fieldChanged(&tsk->thread, "thread.pkru", traces::Value::hex(before), traces::Value::hex(pkru));
    return 0;
}

bool deniesReads(int pkey) { return cpu::deniedByKey(processor().registers().pkru, static_cast<unsigned>(pkey), cpu::Access::read); }

// The key of all mappings that are PROT_EXEC alone: PKRU forbids this thread to read them.
TRACED(int, __execute_only_pkey, (mm_struct*, mm)) {
    const bool fresh = mm->execute_only_pkey == -1;
    const int pkey = fresh ? mm_pkey_alloc(mm) : mm->execute_only_pkey.get();
    if (pkey < 0) return -1;
    if (!fresh && deniesReads(pkey)) return pkey;
    if (arch_set_user_pkey_access(current, pkey, PKEY_DISABLE_ACCESS) != 0) {
        mm_set_pkey_free(mm, pkey);
        return -1;
    }
    if (fresh) mm->execute_only_pkey = pkey;
    return pkey;
}

bool isExecuteOnly(const vm_area_struct* vma) {
    return (vma->vm_flags & VM_ACCESS) == VM_EXEC && vma_pkey(vma) == vma->vm_mm->execute_only_pkey;
}

TRACED(int, __arch_override_mprotect_pkey, (vm_area_struct*, vma), (u64, prot), (int, pkey)) {
    if (pkey != -1) return pkey;
    if (prot == PROT_EXEC) {
        if (const int only = execute_only_pkey(vma->vm_mm); only > 0) return only;
    } else if (isExecuteOnly(vma)) {
        return 0;
    }
    return vma_pkey(vma);
}

}  // namespace

bool mm_pkey_is_allocated(const mm_struct* mm, int pkey) {
    if (pkey < 0 || pkey >= arch_max_pkey() || pkey == mm->execute_only_pkey) return false;
    return mm->pkey_allocation_map >> pkey & 1;
}

int execute_only_pkey(mm_struct* mm) { return hasProtectionKeys() ? std::max(__execute_only_pkey(mm), 0) : 0; }

int arch_override_mprotect_pkey(vm_area_struct* vma, u64 prot, int pkey) {
    return hasProtectionKeys() ? __arch_override_mprotect_pkey(vma, prot, pkey) : 0;
}

bool arch_vma_access_permitted(const vm_area_struct* vma, bool write, bool execute) {
    const cpu::Access access = execute ? cpu::Access::execute : write ? cpu::Access::write : cpu::Access::read;
    return !cpu::deniedByKey(processor().registers().pkru, static_cast<unsigned>(vma_pkey(vma)), access);
}

}  // namespace kernel::v6_1

namespace kernel {

SYSCALL_DEFINE(4, pkey_mprotect, (UserPtr<void>, start), (size_t, len), (MemoryProtection, prot), (int, pkey)) {
    return v6_1::do_mprotect_pkey(start.address, len, prot, pkey);
}

SYSCALL_DEFINE(2, pkey_alloc, (u64, flags), (u64, init_val)) {
    if (!check("no flags", flags == 0, flags)) return -EINVAL;
    constexpr u64 known = PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE;
    if (!check("init_val has known rights only", !(init_val & ~known), init_val)) return -EINVAL;
    mm_struct* mm = current->mm;
    const int pkey = v6_1::mm_pkey_alloc(mm);
    if (pkey < 0) return -ENOSPC;
    if (const int error = v6_1::arch_set_user_pkey_access(current, pkey, init_val)) {
        static_cast<void>(v6_1::mm_pkey_free(mm, pkey));
        return error;
    }
    return pkey;
}

SYSCALL_DEFINE(1, pkey_free, (int, pkey)) { return v6_1::mm_pkey_free(current->mm, pkey); }

}  // namespace kernel
