// Looking at message queues and changing them (Linux ipc/msg.c; msgctl(2), /proc/sysvipc/msg).
#include "kernel_model/ipc/msg.hpp"

#include "kernel_model/fs/proc/internal.hpp"

#include <algorithm>

namespace kernel {
namespace {

using Queue = std::shared_ptr<msg_queue>;
using ull = unsigned long long;

long msgctl_info(int cmd, u64 buf) {
    msginfo info{};
    info.msgmni = msg_ctlmni();
    info.msgmax = MSGMAX_DEFAULT;
    info.msgmnb = info.msgmap = info.msgtql = MSGMNB_DEFAULT;
    info.msgssz = 16;
    const int queues = ipcVersion().msgmni ? ipcVersion().msgmni : 16;      // MSGMNI
    info.msgpool = queues * info.msgmnb / 1024;
    info.msgseg = static_cast<unsigned short>(std::min(info.msgpool * 1024 / info.msgssz, 0xffff));
    if (cmd == MSG_INFO) {
        info.msgpool = msg_ids().in_use();
        info.msgmap = info.msgtql = 0;
        for (const auto& [slot, object] : msg_ids().slots()) {
            const auto* msq = static_cast<const msg_queue*>(object.get());
            info.msgmap += static_cast<int>(msq->q_messages.size());
            info.msgtql += static_cast<int>(msq->q_cbytes);
        }
    }
    TRY_INT(put_user(info, UserPtr<msginfo>{buf}));
    return std::max(msg_ids().ipc_get_maxidx(), 0);
}

long msgctl_stat(int msqid, Stat by, u64 buf) {
    const Queue msq = TRY(objectToStat<msg_queue>(msg_ids(), msqid, by));
    msqid_ds out{};
    out.msg_perm = kernel_to_ipc64_perm(msq.get());
    out.msg_stime = msq->q_stime;
    out.msg_rtime = msq->q_rtime;
    out.msg_ctime = msq->q_ctime;
    out.__msg_cbytes = msq->q_cbytes;
    out.msg_qnum = msq->q_messages.size();
    out.msg_qbytes = msq->q_qbytes;
    out.msg_lspid = msq->q_lspid;
    out.msg_lrpid = msq->q_lrpid;
    TRY_INT(put_user(out, UserPtr<msqid_ds>{buf}));
    return by == Stat::id ? 0 : msq->id;
}

long msgctl_down(int msqid, int cmd, u64 buf) {
    msqid_ds in{};
    if (cmd == IPC_SET) in = TRY(get_user(UserPtr<msqid_ds>{buf}));
    const Queue msq = TRY(objectOf<msg_queue>(msg_ids(), msqid));
    TRY_INT(mayControl(msq.get()));
    if (cmd == IPC_RMID) {
        freeque(msq.get());
        return 0;
    }
    if (in.msg_qbytes > MSGMNB_DEFAULT && !capable(CAP_SYS_RESOURCE)) return -EPERM;
    ipc_update_perm(in.msg_perm, msq.get());
    msq->q_qbytes = in.msg_qbytes;
    msq->q_ctime = ktime_get_real_seconds();
    expunge_all(msq.get(), -EAGAIN);        // who may receive has changed, and what fits
    ss_wakeup(msq.get());
    return 0;
}

}  // namespace

SYSCALL_DEFINE(3, msgctl, (int, msqid), (int, cmd), (Bytes<msqid_ds>, buf)) {
    if (msqid < 0 || cmd < 0) return -EINVAL;
    switch (cmd) {
        case IPC_INFO: case MSG_INFO: return msgctl_info(cmd, buf.address);
        case MSG_STAT_ANY: return ipcVersion().stat_any ? msgctl_stat(msqid, Stat::slot_of_any, buf.address) : -EINVAL;
        case MSG_STAT: return msgctl_stat(msqid, Stat::slot, buf.address);
        case IPC_STAT: return msgctl_stat(msqid, Stat::id, buf.address);
        case IPC_RMID: case IPC_SET: return msgctl_down(msqid, cmd, buf.address);
        default: return -EINVAL;
    }
}

std::string showSysvMsg() {
    std::string s =
        "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n";
    for (const auto& [slot, object] : msg_ids().slots()) {
        const auto* msq = static_cast<const msg_queue*>(object.get());
        s += format("%10d %10d  %4o  %10llu %10zu %5d %5d ", msq->key, msq->id, msq->mode, static_cast<ull>(msq->q_cbytes),
                    msq->q_messages.size(), msq->q_lspid, msq->q_lrpid) +
             showPerm(msq) +
             format(" %10lld %10lld %10lld\n", static_cast<long long>(msq->q_stime), static_cast<long long>(msq->q_rtime),
                    static_cast<long long>(msq->q_ctime));
    }
    return s;
}

}  // namespace kernel
