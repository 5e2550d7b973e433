// Linux ipc/util.c: ids, keys and permissions (sysvipc(7)).
#include "kernel_model/ipc/util.hpp"

#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/kernel/timespec.hpp"

#include <algorithm>

namespace kernel {

Result<int> ipc_ids::ipc_addid(const IpcObject& p, key_t key, umode_t mode, int most) {
    if (in_use() >= std::min(most, IPCMNI)) return Failure{-ENOSPC};
    int slot = 0;
    for (const auto& [taken, object] : slots_) {
        if (taken != slot) break;
        ++slot;
    }
    constexpr u32 SEQUENCES = 0x7fff'ffff / IPCMNI + 1;
    if (!ipcVersion().sequence_counts_objects && slot <= last_) seq_ = (seq_ + 1) % SEQUENCES;
    p->seq = seq_;
    if (ipcVersion().sequence_counts_objects) seq_ = (seq_ + 1) % SEQUENCES;
    last_ = slot;
    p->key = key;
    p->mode = mode;
    p->uid = p->cuid = current->cred->euid;
    p->gid = p->cgid = current->cred->egid;
    p->id = static_cast<int>(p->seq) * IPCMNI + slot;
    slots_[slot] = p;
    return p->id;
}

void ipc_ids::ipc_rmid(kern_ipc_perm* p) {
    p->deleted = true;
    slots_.erase(p->id % IPCMNI);
}

Result<IpcObject> ipc_ids::ipc_obtain_object_idr(int index) const {
    const auto found = slots_.find(index % IPCMNI);
    if (index < 0 || found == slots_.end()) return Failure{-EINVAL};
    return found->second;
}

Result<IpcObject> ipc_ids::ipc_obtain_object_check(int id) const {
    IpcObject found = TRY(ipc_obtain_object_idr(id));
    if (found->id != id) return Failure{ipcVersion().stale_id};
    return found;
}

IpcObject ipc_ids::ipc_findkey(key_t key) const {
    const auto found = std::ranges::find_if(slots_, [key](const auto& slot) { return slot.second->key == key; });
    return found == slots_.end() ? nullptr : found->second;
}

TRACED(int, ipcperms, (const kern_ipc_perm*, ipcp), (int, flag)) {
    const int requested = (flag >> 6) | (flag >> 3) | flag;
    const uid_t euid = current->cred->euid;
    int granted = ipcp->mode;
    if (euid == ipcp->cuid || euid == ipcp->uid) granted >>= 6;
    else if (inGroup(ipcp->cgid) || inGroup(ipcp->gid)) granted >>= 3;
    return (requested & ~granted & 7) && !capable(CAP_IPC_OWNER) ? -1 : 0;
}

int mayControl(const kern_ipc_perm* p) {
    const uid_t euid = current->cred->euid;
    return euid == p->cuid || euid == p->uid || capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

void ipc_update_perm(const ipc_perm& in, kern_ipc_perm* p) {
    p->uid = in.uid;
    p->gid = in.gid;
    p->mode = static_cast<umode_t>((p->mode & ~0777) | (in.mode & 0777));
}

ipc_perm kernel_to_ipc64_perm(const kern_ipc_perm* p) {
    ipc_perm out{};
    out.__key = p->key;
    out.uid = p->uid;
    out.gid = p->gid;
    out.cuid = p->cuid;
    out.cgid = p->cgid;
    out.mode = p->mode;
    out.__seq = static_cast<unsigned short>(p->seq);
    return out;
}

i64 ktime_get_real_seconds() { return static_cast<i64>(ktime_get_real() / NSEC_PER_SEC); }

std::string showPerm(const kern_ipc_perm* p) { return format("%5u %5u %5u %5u", p->uid, p->gid, p->cuid, p->cgid); }

namespace {
u64 charged = 0;
}
int ipcCharge(u64 bytes) {
    const u64 room = nr_free_pages() * PAGE_SIZE;
    if (charged > room || bytes > room - charged) return -ENOMEM;
    charged += bytes;
    return 0;
}
void ipcUncharge(u64 bytes) { charged -= bytes; }

// ipcget_new, ipcget_public, ipc_check_perms.
long ipcget(ipc_ids& ids, key_t key, int flags, const ipc_ops& ops) {
    const auto made = [&ops]() -> long { return TRY(ops.getnew()); };
    if (key == IPC_PRIVATE) return made();
    const IpcObject found = ids.ipc_findkey(key);
    if (!found) return flags & IPC_CREAT ? made() : -ENOENT;
    if ((flags & IPC_CREAT) && (flags & IPC_EXCL)) return -EEXIST;
    if (ops.more_checks) TRY_INT(ops.more_checks(found.get()));
    return ipcperms(found.get(), flags) ? -EACCES : found->id;
}

}  // namespace kernel
