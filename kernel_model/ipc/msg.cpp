// System V message queues: sending and receiving (Linux ipc/msg.c; msgget(2), msgop(2)).
#include "kernel_model/ipc/msg.hpp"

#include "kernel_model/include/machine.hpp"

#include <algorithm>

namespace kernel {
namespace {

using Queue = std::shared_ptr<msg_queue>;

TRACED(Result<int>, newque, (key_t, key), (int, msgflg)) {
    auto msq = std::make_shared<msg_queue>();
    const int id = TRY(msg_ids().ipc_addid(msq, key, static_cast<umode_t>(msgflg & 0777), msg_ctlmni()));
    msq->q_ctime = ktime_get_real_seconds();
    return id;
}

Result<Message> load_msg(u64 mtext, u64 size, long mtype) {
    TRY_INT(ipcCharge(MSG_HEADER + size));
    auto msg = std::make_shared<msg_msg>();
    msg->text.resize(size);
    msg->is_charged = true;
    msg->m_type = mtype;
    if (copy_from_user(msg->text.data(), UserPtr<void>(mtext), size)) return Failure{-EFAULT};
    return msg;
}

bool testmsg(const msg_msg* msg, const MessageFilter& filter) {
    switch (filter.mode) {
        case SearchMode::less_equal: return msg->m_type <= filter.type;
        case SearchMode::equal: return msg->m_type == filter.type;
        case SearchMode::not_equal: return msg->m_type != filter.type;
        default: return true;
    }
}

MessageFilter filterOf(long msgtyp, int msgflg) {
    if (msgflg & MSG_COPY) return {SearchMode::number, msgtyp};
    if (msgtyp == 0) return {SearchMode::any, 0};
    if (msgtyp < 0) return {SearchMode::less_equal, msgtyp == INT64_MIN ? INT64_MAX : -msgtyp};
    return {msgflg & MSG_EXCEPT ? SearchMode::not_equal : SearchMode::equal, msgtyp};
}

// The oldest that passes; of those up to a type, the oldest of the lowest.
std::list<Message>::iterator find_msg(msg_queue* msq, const MessageFilter& filter) {
    auto& all = msq->q_messages;
    if (filter.mode == SearchMode::number)
        return filter.type < 0 || static_cast<u64>(filter.type) >= all.size() ? all.end() : std::next(all.begin(), filter.type);
    auto found = all.end();
    for (auto at = all.begin(); at != all.end(); ++at) {
        if (!testmsg(at->get(), filter)) continue;
        if (filter.mode != SearchMode::less_equal || (*at)->m_type == 1) return at;
        if (found == all.end() || (*at)->m_type < (*found)->m_type) found = at;
    }
    return found;
}

// Who waits for such a message gets it without its being queued.
bool pipelined_send(msg_queue* msq, const Message& msg) {
    for (auto at = msq->q_receivers.begin(); at != msq->q_receivers.end();) {
        msg_receiver* const msr = *at;
        if (!testmsg(msg.get(), msr->filter)) {
            ++at;
            continue;
        }
        at = msq->q_receivers.erase(at);
        const bool fits = msr->r_maxsize >= msg->text.size();
        msr->r_error = fits ? 0 : -E2BIG;
        if (fits) {
            msr->r_msg = msg;
            msq->q_lrpid = msr->r_tsk->tgid;
            msq->q_rtime = ktime_get_real_seconds();
        }
        wake_up_process(msr->r_tsk);
        if (fits) return true;
    }
    return false;
}

void sleepIn(auto& list, auto* entry) {
    list.push_back(entry);
    set_current_state(TASK_INTERRUPTIBLE);
    schedule();
    list.remove(entry);
}

long store_msg(const Message& msg, u64 msgp, u64 bufsz) {
    TRY_INT(put_user(msg->m_type, UserPtr<long>{msgp}));
    const u64 size = std::min<u64>(bufsz, msg->text.size());
    if (copy_to_user(UserPtr<void>(msgp + sizeof(long)), msg->text.data(), size)) return -EFAULT;
    return static_cast<long>(size);
}

Message takeMessage(msg_queue* msq, std::list<Message>::iterator at) {
    Message msg = *at;
    msq->q_messages.erase(at);
    msq->q_rtime = ktime_get_real_seconds();
    msq->q_lrpid = current->tgid;
    msq->q_cbytes -= msg->text.size();
    ss_wakeup(msq);
    return msg;
}

Result<Message> receive(msg_queue* msq, u64 bufsz, const MessageFilter& filter, int msgflg) {
    for (;;) {
        if (ipcperms(msq, 0444)) return Failure{-EACCES};
        const auto at = find_msg(msq, filter);
        if (at != msq->q_messages.end()) {
            if (bufsz < (*at)->text.size() && !(msgflg & MSG_NOERROR)) return Failure{-E2BIG};
            return filter.mode == SearchMode::number ? *at : takeMessage(msq, at);
        }
        if (msgflg & IPC_NOWAIT) return Failure{-ENOMSG};
        msg_receiver waiting{current, filter, msgflg & MSG_NOERROR ? ~u64{0} : bufsz, nullptr};
        sleepIn(msq->q_receivers, &waiting);
        if (waiting.r_msg) return waiting.r_msg;
        if (waiting.r_error != -EAGAIN) return Failure{waiting.r_error};
        if (signal_pending(current)) return Failure{-ERESTARTNOHAND};
    }
}

}  // namespace

ipc_ids& msg_ids() {
    static auto& ids = *new ipc_ids;
    return ids;
}

int msg_ctlmni() {
    if (ipcVersion().msgmni) return ipcVersion().msgmni;
    const u64 queues = machine().memory->frames() * PAGE_SIZE / 32 / MSGMNB_DEFAULT;
    return static_cast<int>(std::clamp<u64>(queues, 16, IPCMNI));
}

void ss_wakeup(msg_queue* msq) {
    for (const msg_sender* mss : msq->q_senders)
        if (msq->deleted || msg_fits_inqueue(msq, mss->msgsz)) wake_up_process(mss->tsk);
}

void expunge_all(msg_queue* msq, int error) {
    for (msg_receiver* msr : std::exchange(msq->q_receivers, {})) {
        msr->r_error = error;
        wake_up_process(msr->r_tsk);
    }
}

TRACED(void, freeque, (msg_queue*, msq)) {
    const IpcObject held = *msg_ids().ipc_obtain_object_idr(msq->id);   // to the end of this
    msg_ids().ipc_rmid(msq);
    expunge_all(msq, -EIDRM);
    ss_wakeup(msq);
    msq->q_messages.clear();
}

SYSCALL_DEFINE(2, msgget, (int, key), (int, msgflg)) {
    return ipcget(msg_ids(), key, msgflg, {[&] { return newque(key, msgflg); }, nullptr});
}

static TRACED(long, do_msgsnd, (int, msqid), (long, mtype), (u64, mtext), (size_t, msgsz), (int, msgflg)) {
    if (msgsz > MSGMAX_DEFAULT || msqid < 0 || mtype < 1) return -EINVAL;
    const Message msg = TRY(load_msg(mtext, msgsz, mtype));
    const Queue msq = TRY(objectOf<msg_queue>(msg_ids(), msqid));
    for (;;) {
        if (ipcperms(msq.get(), 0222)) return -EACCES;
        if (msg_fits_inqueue(msq.get(), msgsz)) break;
        if (msgflg & IPC_NOWAIT) return -EAGAIN;
        msg_sender waiting{current, msgsz};
        sleepIn(msq->q_senders, &waiting);
        if (msq->deleted) return -EIDRM;
        if (signal_pending(current)) return -ERESTARTNOHAND;
    }
    msq->q_lspid = current->tgid;
    msq->q_stime = ktime_get_real_seconds();
    if (pipelined_send(msq.get(), msg)) return 0;
    msq->q_messages.push_back(msg);
    msq->q_cbytes += msgsz;
    return 0;
}
SYSCALL_DEFINE(4, msgsnd, (int, msqid), (Bytes<msgbuf>, msgp), (size_t, msgsz), (int, msgflg)) {
    const long mtype = TRY(get_user(UserPtr<long>{msgp.address}));
    return do_msgsnd(msqid, mtype, msgp.address + sizeof mtype, msgsz, msgflg);
}

SYSCALL_DEFINE(5, msgrcv, (int, msqid), (Bytes<msgbuf>, msgp), (size_t, msgsz), (long, msgtyp), (int, msgflg)) {
    if (msqid < 0 || static_cast<long>(msgsz) < 0) return -EINVAL;
    if ((msgflg & MSG_COPY) && ((msgflg & MSG_EXCEPT) || !(msgflg & IPC_NOWAIT))) return -EINVAL;
    const Queue msq = TRY(objectOf<msg_queue>(msg_ids(), msqid));
    const Message msg = TRY(receive(msq.get(), msgsz, filterOf(msgtyp, msgflg), msgflg));
    return store_msg(msg, msgp.address, msgsz);
}

}  // namespace kernel
