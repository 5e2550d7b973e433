// POSIX message queues: sending and receiving (Linux ipc/mqueue.c; mq_send(3), mq_receive(3)).
#include "kernel_model/ipc/mqueue.hpp"

#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/ipc/util.hpp"
#include "kernel_model/kernel/timespec.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr u64 FOREVER = ~u64{0};

// CLOCK_REALTIME as time since boot; FOREVER without one.
Result<u64> prepare_timeout(UserPtr<timespec> u_abs_timeout) {
    if (!u_abs_timeout) return FOREVER;
    const timespec at = TRY(get_user(u_abs_timeout));
    if (!timespec_valid(at)) return Failure{-EINVAL};
    const u64 boot = ktime_get_real() - ktime_get(), until = timespec_to_ns(at);
    return until > boot ? until - boot : u64{0};
}

// Until somebody does what it waits for. 0, -ETIMEDOUT, -ERESTARTSYS.
int wq_sleep(std::list<mq_waiter*>& queue, mq_waiter& waiter, u64 until) {
    waiter.task = current;
    queue.push_back(&waiter);
    int error = 0;
    while (!waiter.ready && !error) {
        set_current_state(TASK_INTERRUPTIBLE);
        if (until == FOREVER) schedule();
        else static_cast<void>(schedule_timeout_until(until));
        if (waiter.ready) break;
        if (signal_pending(current)) error = -ERESTARTSYS;
        else if (until <= ktime_get()) error = -ETIMEDOUT;
    }
    if (!waiter.ready) queue.remove(&waiter);
    return error;
}

void wake(mq_waiter* waiter) {
    waiter->ready = true;
    wake_up_process(waiter->task);
}

void msg_insert(mqueue_inode_info* info, mq_message message) {
    info->qsize += message.text.size();
    ++info->attr.mq_curmsgs;
    const u32 priority = message.priority;
    info->messages[priority].push_back(std::move(message));
}
mq_message msg_get(mqueue_inode_info* info) {
    const auto highest = info->messages.begin();
    mq_message message = std::move(highest->second.front());
    highest->second.pop_front();
    if (highest->second.empty()) info->messages.erase(highest);
    --info->attr.mq_curmsgs;
    info->qsize -= message.text.size();
    ipcUncharge(message.text.size());
    return message;
}

// To who waits for one, else into the queue.
void deliver(mqueue_inode_info* info, mq_message message) {
    if (!info->receivers.empty()) {
        mq_waiter* const receiver = info->receivers.front();
        info->receivers.pop_front();
        ipcUncharge(message.text.size());
        receiver->message = std::move(message);
        return wake(receiver);
    }
    msg_insert(info, std::move(message));
    __do_notify(info);
    wake_up(info->wait_q);
}

Result<mq_message> load(UserPtr<const char> u_msg_ptr, u64 size, u32 priority) {
    TRY_INT(ipcCharge(size));
    mq_message message{priority, std::vector<u8>(size)};
    if (!copy_from_user(message.text.data(), UserPtr<void>(u_msg_ptr.address), size)) return message;
    ipcUncharge(size);
    return Failure{-EFAULT};
}

}  // namespace

SYSCALL_DEFINE(5, mq_timedsend, (unsigned, mqdes), (Bytes<const char>, u_msg_ptr), (size_t, msg_len), (u32, msg_prio),
               (UserPtr<timespec>, u_abs_timeout)) {
    const u64 until = TRY(prepare_timeout(u_abs_timeout));
    if (msg_prio >= MQ_PRIO_MAX) return -EINVAL;
    const FileRef f(mqdes);
    mqueue_inode_info* const info = f ? mqueueOf(f.get()) : nullptr;
    if (!info || !(f->f_mode & FMODE_WRITE)) return -EBADF;
    if (msg_len > static_cast<u64>(info->attr.mq_msgsize)) return -EMSGSIZE;
    mq_message message = TRY(load(u_msg_ptr, msg_len, msg_prio));
    if (info->attr.mq_curmsgs < info->attr.mq_maxmsg) {
        deliver(info, std::move(message));
        return 0;
    }
    mq_waiter waiter{nullptr, std::move(message), false};
    const int error = f->f_flags & O_NONBLOCK ? -EAGAIN : wq_sleep(info->senders, waiter, until);
    if (error) ipcUncharge(msg_len);
    return error;
}

SYSCALL_DEFINE(5, mq_timedreceive, (unsigned, mqdes), (Bytes<char>, u_msg_ptr), (size_t, msg_len), (UserPtr<u32>, u_msg_prio),
               (UserPtr<timespec>, u_abs_timeout)) {
    const u64 until = TRY(prepare_timeout(u_abs_timeout));
    const FileRef f(mqdes);
    mqueue_inode_info* const info = f ? mqueueOf(f.get()) : nullptr;
    if (!info || !(f->f_mode & FMODE_READ)) return -EBADF;
    if (msg_len < static_cast<u64>(info->attr.mq_msgsize)) return -EMSGSIZE;
    mq_waiter waiter;
    if (info->attr.mq_curmsgs) {
        waiter.message = msg_get(info);
        if (!info->senders.empty()) {       // there is room for the next
            mq_waiter* const sender = info->senders.front();
            info->senders.pop_front();
            msg_insert(info, std::move(sender->message));
            wake(sender);
        }
        wake_up(info->wait_q);
    } else if (f->f_flags & O_NONBLOCK) {
        return -EAGAIN;
    } else {
        TRY_INT(wq_sleep(info->receivers, waiter, until));
    }
    if (u_msg_prio && put_user(waiter.message.priority, u_msg_prio)) return -EFAULT;
    const std::vector<u8>& text = waiter.message.text;
    return copy_to_user(UserPtr<void>(u_msg_ptr.address), text.data(), text.size()) ? -EFAULT : static_cast<long>(text.size());
}

}  // namespace kernel
