// Protection keys (Linux v6.1 arch/x86/mm/pkeys.c, asm/pkeys.h; pkeys(7)).
#pragma once

#include "kernel_model/arch/x86/mm/pkeys.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel::v6_1 {

constexpr int SEGV_PKUERR_CODE = 4;

bool mm_pkey_is_allocated(const mm_struct*, int pkey);          // the execute-only key is not the program's
int execute_only_pkey(mm_struct*);                              // 0: there is none to have
int arch_override_mprotect_pkey(vm_area_struct*, u64 prot, int pkey);   // the key that the VMA gets; pkey -1: mprotect(2)
bool arch_vma_access_permitted(const vm_area_struct*, bool write, bool execute);
void force_sig_pkuerr(u64 address, u32 pkey);                   // signal.cpp: SIGSEGV to current

}  // namespace kernel::v6_1
