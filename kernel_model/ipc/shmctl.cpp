// Looking at segments of shared memory and changing them (Linux ipc/shm.c; shmctl(2), /proc/sysvipc/shm).
#include "kernel_model/ipc/shm.hpp"

#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/mm/internal.hpp"

namespace kernel {
namespace {

using ull = unsigned long long;
using Segment = std::shared_ptr<shmid_kernel>;

u64 residentPages(const shmid_kernel* shp) { return shp->shm_file->f_inode->i_mapping.page_tree.size(); }

long shmctl_ipc_info(u64 buf) {
    shminfo info{};
    info.shmmax = ipcVersion().shmmax;
    info.shmmin = 1;
    info.shmmni = info.shmseg = SHMMNI_DEFAULT;
    info.shmall = ipcVersion().shmall;
    TRY_INT(put_user(info, UserPtr<shminfo>{buf}));
    return std::max(shm_ids().ipc_get_maxidx(), 0);
}

long shmctl_shm_info(u64 buf) {
    shm_info info{};
    info.used_ids = shm_ids().in_use();
    info.shm_tot = shm_tot();
    for (const auto& [slot, object] : shm_ids().slots()) info.shm_rss += residentPages(static_cast<shmid_kernel*>(object.get()));
    TRY_INT(put_user(info, UserPtr<shm_info>{buf}));
    return std::max(shm_ids().ipc_get_maxidx(), 0);
}

long shmctl_stat(int shmid, Stat by, u64 buf) {
    const Segment shp = TRY(objectToStat<shmid_kernel>(shm_ids(), shmid, by));
    shmid_ds out{};
    out.shm_perm = kernel_to_ipc64_perm(shp.get());
    out.shm_segsz = shp->shm_segsz;
    out.shm_atime = shp->shm_atim;
    out.shm_dtime = shp->shm_dtim;
    out.shm_ctime = shp->shm_ctim;
    out.shm_cpid = shp->shm_cprid;
    out.shm_lpid = shp->shm_lprid;
    out.shm_nattch = shp->shm_nattch;
    TRY_INT(put_user(out, UserPtr<shmid_ds>{buf}));
    return by == Stat::id ? 0 : shp->id;
}

long shmctl_down(int shmid, int cmd, u64 buf) {
    shmid_ds in{};
    if (cmd == IPC_SET) in = TRY(get_user(UserPtr<shmid_ds>{buf}));
    const Segment shp = TRY(objectOf<shmid_kernel>(shm_ids(), shmid));
    TRY_INT(mayControl(shp.get()));
    if (cmd == IPC_RMID) {
        do_shm_rmid(shp.get());
        return 0;
    }
    ipc_update_perm(in.shm_perm, shp.get());
    shp->shm_ctim = ktime_get_real_seconds();
    return 0;
}

// Nothing is ever swapped out; whether a segment may be locked is all there is to it.
long shmctl_do_lock(int shmid, int cmd) {
    const Segment shp = TRY(objectOf<shmid_kernel>(shm_ids(), shmid));
    if (!capable(CAP_IPC_LOCK)) {
        const uid_t euid = current->cred->euid;
        if (euid != shp->uid && euid != shp->cuid) return -EPERM;
        if (cmd == SHM_LOCK && !rlimit_cur(RLIMIT_MEMLOCK)) return -EPERM;
    }
    if (cmd == SHM_LOCK) shp->mode |= SHM_IS_LOCKED;
    else shp->mode &= static_cast<umode_t>(~SHM_IS_LOCKED);
    return 0;
}

}  // namespace

SYSCALL_DEFINE(3, shmctl, (int, shmid), (int, cmd), (Bytes<shmid_ds>, buf)) {
    if (cmd < 0 || shmid < 0) return -EINVAL;
    switch (cmd) {
        case IPC_INFO: return shmctl_ipc_info(buf.address);
        case SHM_INFO: return shmctl_shm_info(buf.address);
        case SHM_STAT_ANY:
            if (!ipcVersion().stat_any) return -EINVAL;
            return shmctl_stat(shmid, Stat::slot_of_any, buf.address);
        case SHM_STAT: return shmctl_stat(shmid, Stat::slot, buf.address);
        case IPC_STAT: return shmctl_stat(shmid, Stat::id, buf.address);
        case SHM_LOCK: case SHM_UNLOCK: return shmctl_do_lock(shmid, cmd);
        case IPC_RMID: case IPC_SET: return shmctl_down(shmid, cmd, buf.address);
        default: return -EINVAL;
    }
}

std::string showSysvShm() {
    std::string s = "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime"
                    "                   rss                  swap\n";
    for (const auto& [slot, object] : shm_ids().slots()) {
        const auto* shp = static_cast<const shmid_kernel*>(object.get());
        s += format("%10d %10d  %4o %21llu %5d %5d  %5llu ", shp->key, shp->id, shp->mode, static_cast<ull>(shp->shm_segsz), shp->shm_cprid,
                    shp->shm_lprid, static_cast<ull>(shp->shm_nattch)) +
             showPerm(shp) +
             format(" %10lld %10lld %10lld %21llu %21llu\n", static_cast<long long>(shp->shm_atim), static_cast<long long>(shp->shm_dtim),
                    static_cast<long long>(shp->shm_ctim), static_cast<ull>(residentPages(shp) * PAGE_SIZE), 0ULL);
    }
    return s;
}

}  // namespace kernel
