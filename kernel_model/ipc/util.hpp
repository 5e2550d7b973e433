// What the three kinds of System V IPC share (Linux ipc/util.h; sysvipc(7)).
#pragma once

#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/include/version/ipc.hpp"

#include <functional>
#include <map>
#include <memory>
#include <sys/ipc.h>

namespace kernel {

constexpr int IPCMNI = 32768;               // slots; an id is a sequence number times this and a slot
constexpr Capability CAP_IPC_OWNER = Capability{15};

struct kern_ipc_perm {
    virtual ~kern_ipc_perm() = default;
    key_t key = IPC_PRIVATE;
    int id = -1;
    uid_t uid = 0, cuid = 0;
    gid_t gid = 0, cgid = 0;
    umode_t mode = 0;
    u32 seq = 0;
    bool deleted = false;
};
inline traces::Value traceValue(const kern_ipc_perm* p) { return p ? traces::Value::count(p->id) : traces::Value::null(); }
using IpcObject = std::shared_ptr<kern_ipc_perm>;

// The objects of one kind, by slot.
class ipc_ids {
public:
    Result<int> ipc_addid(const IpcObject&, key_t, umode_t mode, int most);     // the id; ENOSPC
    void ipc_rmid(kern_ipc_perm*);
    void ipc_set_key_private(kern_ipc_perm* p) { p->key = IPC_PRIVATE; }
    Result<IpcObject> ipc_obtain_object_check(int id) const;    // EINVAL, EIDRM
    Result<IpcObject> ipc_obtain_object_idr(int index) const;   // by slot, as *_STAT asks
    IpcObject ipc_findkey(key_t) const;                         // null: nobody has it
    int ipc_get_maxidx() const { return slots_.empty() ? -1 : slots_.rbegin()->first; }
    int in_use() const { return static_cast<int>(slots_.size()); }
    const std::map<int, IpcObject>& slots() const { return slots_; }

private:
    std::map<int, IpcObject> slots_;
    int last_ = -1;
    u32 seq_ = 0;
};

int ipcperms(const kern_ipc_perm*, int flag);                   // 0 or -1
int mayControl(const kern_ipc_perm*);                           // IPC_SET, IPC_RMID: 0 or -EPERM
void ipc_update_perm(const ipc_perm&, kern_ipc_perm*);
ipc_perm kernel_to_ipc64_perm(const kern_ipc_perm*);
i64 ktime_get_real_seconds();
std::string showPerm(const kern_ipc_perm*);                     // the columns of /proc/sysvipc from uid to cgid

// Memory of the kernel's that messages and semaphores take: never more than is free. 0 or -ENOMEM.
int ipcCharge(u64 bytes);
void ipcUncharge(u64 bytes);

struct ipc_ops {
    std::function<Result<int>()> getnew;
    std::function<int(kern_ipc_perm*)> more_checks;             // whether it is what is asked for; none: always
};
long ipcget(ipc_ids&, key_t, int flags, const ipc_ops&);

// The object of that kind with the id (or slot, for the commands that walk through all), or an errno.
template <class T>
Result<std::shared_ptr<T>> objectOf(const ipc_ids& ids, int id) {
    return std::static_pointer_cast<T>(TRY(ids.ipc_obtain_object_check(id)));
}

// What IPC_STAT and its like begin with: SLOT is for IPC_STAT the id itself. Checks the permission to read.
enum class Stat : u8 { id, slot, slot_of_any };
template <class T>
Result<std::shared_ptr<T>> objectToStat(const ipc_ids& ids, int id, Stat by) {
    auto found = std::static_pointer_cast<T>(TRY(by == Stat::id ? ids.ipc_obtain_object_check(id) : ids.ipc_obtain_object_idr(id)));
    if (by != Stat::slot_of_any && ipcperms(found.get(), 0444)) return Failure{-EACCES};
    return found;
}

// /proc/sysvipc (ipc/util.c): one line for each object below a heading.
std::string showSysvShm();
std::string showSysvSem();
std::string showSysvMsg();

}  // namespace kernel
