// Protection keys for user space (Linux arch/x86/include/asm/pkeys.h, pkru.h; pkeys(7)): present when the processor has them and
// the kernel switched them on. mm->pkey_allocation_map: bit i = key i is allocated; mm->execute_only_pkey: -1 = none yet.
#pragma once

#include "kernel_model/include/linux/mm_types.hpp"

namespace kernel {

constexpr unsigned VM_PKEY_SHIFT = 32;          // four bits of vm_flags
constexpr u64 VM_PKEY = u64{15} << VM_PKEY_SHIFT;

bool hasProtectionKeys();
u32 initialPkru();                              // every key but 0 closed; 0 without protection keys
inline int vma_pkey(const vm_area_struct* vma) { return static_cast<int>(vma->vm_flags >> VM_PKEY_SHIFT & 15); }
inline u64 pkeyBits(int pkey) { return static_cast<u64>(pkey) << VM_PKEY_SHIFT; }

}  // namespace kernel
