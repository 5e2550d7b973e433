// What the files of System V shared memory share (Linux ipc/shm.c).
#pragma once

#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/ipc/util.hpp"

#include <sys/shm.h>

namespace kernel {

struct shmid_kernel : kern_ipc_perm {
    file* shm_file = nullptr;               // holds a reference
    u64 shm_nattch = 0, shm_segsz = 0;      // VMAs; bytes
    i64 shm_atim = 0, shm_dtim = 0, shm_ctim = 0;   // seconds since 1970
    pid_t shm_cprid = 0, shm_lprid = 0;
};
constexpr umode_t SHM_DESTROYED = SHM_DEST, SHM_IS_LOCKED = SHM_LOCKED;     // in kern_ipc_perm::mode
constexpr int SHMMNI_DEFAULT = 4096;

ipc_ids& shm_ids();
u64& shm_tot();                             // pages of all segments
void do_shm_rmid(shmid_kernel*);            // now, or when nobody is attached any more

}  // namespace kernel
