// POSIX message queues: the file system of their names, attributes, notification (Linux ipc/mqueue.c; mq_open(3), mq_notify(3)).
#include "kernel_model/ipc/mqueue.hpp"

#include "kernel_model/fs/proc/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/ipc/util.hpp"
#include "kernel_model/kernel/signal.hpp"

#include <cstring>

namespace kernel {
namespace {

constexpr i64 DFLT_MSGMAX = 10, DFLT_MSGSIZEMAX = 8192, HARD_MSGMAX = 65536, HARD_MSGSIZEMAX = 16 * 1024 * 1024;
constexpr int DFLT_QUEUESMAX = 256;
constexpr u64 NODE = 48;                    // bytes of a message's header, and of a priority's, in the kernel
constexpr u32 READABLE = 0x41, WRITABLE = 0x104;

std::map<uid_t, u64>& bytesOfUser() {
    static auto& all = *new std::map<uid_t, u64>;
    return all;
}

int checkAttributes(const mq_attr& attr) {
    const bool free = capable(CAP_SYS_RESOURCE);
    if (attr.mq_maxmsg <= 0 || attr.mq_msgsize <= 0) return -EINVAL;
    return attr.mq_maxmsg > (free ? HARD_MSGMAX : DFLT_MSGMAX) || attr.mq_msgsize > (free ? HARD_MSGSIZEMAX : DFLT_MSGSIZEMAX) ? -EINVAL :
                                                                                                                                 0;
}

// RLIMIT_MSGQUEUE (getrlimit(2)).
int charge(mqueue_inode_info* info) {
    const auto messages = static_cast<u64>(info->attr.mq_maxmsg), size = static_cast<u64>(info->attr.mq_msgsize);
    const u64 bytes = messages * (NODE + size) + std::min<u64>(messages, MQ_PRIO_MAX) * NODE;
    u64& used = bytesOfUser()[info->user];
    if (used + bytes > rlimit_cur(RLIMIT_MSGQUEUE)) return -EMFILE;
    used += bytes;
    info->charged = bytes;
    return 0;
}

void remove_notification(mqueue_inode_info* info) { info->notify_owner = 0; }

// One line that says how the queue is; messages are not read(2).
struct QueueOperations final : file_operations {
    long read(file* f, std::span<u8> to, loff_t& pos) override {
        const mqueue_inode_info* const info = mqueueOf(f);
        const bool told = info->notify_owner != 0;
        const std::string text = format("QSIZE:%-10llu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", static_cast<unsigned long long>(info->qsize),
                                        told ? info->notify_how : 0, told && info->notify_how == SIGEV_SIGNAL ? info->notify_signo : 0,
                                        info->notify_owner);
        const u64 at = std::min<u64>(static_cast<u64>(std::max<loff_t>(pos, 0)), text.size()), n = std::min(to.size(), text.size() - at);
        std::memcpy(to.data(), text.data() + at, n);
        pos += static_cast<loff_t>(n);
        return static_cast<long>(n);
    }
    u32 poll(file* f) override {
        const mq_attr& attr = mqueueOf(f)->attr;
        return (attr.mq_curmsgs ? READABLE : 0) | (attr.mq_curmsgs < attr.mq_maxmsg ? WRITABLE : 0);
    }
    wait_queue_head_t* pollQueue(file* f) override { return &mqueueOf(f)->wait_q; }
};

// Linux's mount of its own, which no path leads to.
dentry* queues() {
    static dentry* const root = [] {
        super_block* const sb = newSuperBlock("mqueue", "mqueue", 0x19800202);
        return newDentry(nullptr, "", newInode(S_IFDIR | 01777, ramfsDirectory(), directoryOperations(), sb));
    }();
    return root;
}

Result<std::string> nameOf(UserPtr<const char> u_name) {
    std::string name = TRY(getname(u_name));
    if (name.size() > NAME_MAX) return Failure{-ENAMETOOLONG};
    if (name == "." || name == ".." || name.find('/') != std::string::npos) return Failure{-EACCES};
    return name;
}

Result<dentry*> mqueue_create_attr(const std::string& name, umode_t mode, const mq_attr* attr) {
    if (queues()->d_subdirs.size() >= DFLT_QUEUESMAX && !capable(CAP_SYS_RESOURCE)) return Failure{-ENOSPC};
    auto info = std::make_shared<mqueue_inode_info>();
    info->attr.mq_maxmsg = attr ? attr->mq_maxmsg : DFLT_MSGMAX;
    info->attr.mq_msgsize = attr ? attr->mq_msgsize : DFLT_MSGSIZEMAX;
    info->user = current->real_cred->uid;
    TRY_INT(charge(info.get()));
    const auto permissions = static_cast<umode_t>(S_IFREG | (mode & 07777 & ~currentUmask()));
    inode* const node = newInode(permissions, nullptr, mqueueOperations(), queues()->d_inode->i_sb);
    node->i_size = 80;                      // FILENT_SIZE
    node->i_private = info;
    return dget(addChild(queues(), name, node));
}

Result<dentry*> openOrCreate(const std::string& name, int oflag, umode_t mode, const mq_attr* attr) {
    static constexpr int access[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE};
    if (dentry* const found = d_lookup(queues(), name)) {
        const DentryRef held(found);
        if ((oflag & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return Failure{-EEXIST};
        if ((oflag & O_ACCMODE) == O_ACCMODE) return Failure{-EINVAL};
        TRY_INT(inode_permission(found->d_inode, access[oflag & O_ACCMODE]));
        return dget(found);
    }
    if (!(oflag & O_CREAT)) return Failure{-ENOENT};
    if (attr) TRY_INT(checkAttributes(*attr));
    return mqueue_create_attr(name, mode, attr);
}

}  // namespace

mqueue_inode_info::~mqueue_inode_info() {
    bytesOfUser()[user] -= charged;
    ipcUncharge(qsize);
}

file_operations* mqueueOperations() {
    static QueueOperations operations;
    return &operations;
}
mqueue_inode_info* mqueueOf(const file* f) {
    return f->f_op == mqueueOperations() ? static_cast<mqueue_inode_info*>(f->f_inode->i_private.get()) : nullptr;
}

// f_op->flush: whoever closes one of the queue's descriptors is no longer told.
void mqueue_flush_file(const file* filp) {
    mqueue_inode_info* const info = mqueueOf(filp);
    if (info && info->notify_owner == current->tgid) remove_notification(info);
}

TRACED(void, __do_notify, (mqueue_inode_info*, info)) {
    if (!info->notify_owner || info->attr.mq_curmsgs != 1) return;
    task_struct* const owner = find_task_by_vpid(info->notify_owner);
    const bool same_program = owner && (!ipcVersion().notify_ends_with_exec || owner->self_exec_id == info->notify_self_exec_id);
    if (info->notify_how == SIGEV_SIGNAL && info->notify_signo && same_program) {
        kernel_siginfo told = senderSiginfo(info->notify_signo, SI_MESGQ);
        std::memcpy(told.bytes + 8, &info->notify_value, sizeof info->notify_value);
        static_cast<void>(send_sig_info(info->notify_signo, told, owner));
    }
    remove_notification(info);
}

SYSCALL_DEFINE(4, mq_open, (UserPtr<const char>, u_name), (int, oflag), (umode_t, mode), (UserPtr<mq_attr>, u_attr)) {
    mq_attr attr{};
    if (u_attr) attr = TRY(get_user(u_attr));
    const std::string name = TRY(nameOf(u_name));
    const int fd = get_unused_fd_flags(O_CLOEXEC);
    if (fd < 0) return fd;
    const auto opened = [&]() -> Result<file*> {
        const DentryRef d(TRY(openOrCreate(name, oflag, mode, u_attr ? &attr : nullptr)));
        return dentry_open(d.get(), static_cast<u32>(oflag & (O_ACCMODE | O_NONBLOCK)));
    }();
    if (opened.ok()) fd_install(static_cast<unsigned>(fd), opened.value());
    else put_unused_fd(static_cast<unsigned>(fd));
    return opened.ok() ? fd : opened.error();
}

SYSCALL_DEFINE(1, mq_unlink, (UserPtr<const char>, u_name)) {
    const std::string name = TRY(nameOf(u_name));
    const DentryRef d(d_lookup(queues(), name));
    if (!d.get()) return -ENOENT;
    TRY_INT(may_delete(queues(), d.get(), false));
    --d->d_inode->i_nlink;
    d_drop(d.get());
    return 0;
}

SYSCALL_DEFINE(2, mq_notify, (unsigned, mqdes), (Bytes<sigevent>, u_notification)) {
    sigevent event{};
    if (u_notification.address) {
        event = TRY(get_user(UserPtr<sigevent>{u_notification.address}));
        const int how = event.sigev_notify;
        if (how != SIGEV_NONE && how != SIGEV_SIGNAL && how != SIGEV_THREAD) return -EINVAL;
        if (how == SIGEV_SIGNAL && (event.sigev_signo < 0 || event.sigev_signo > kernel::NSIG)) return -EINVAL;
    }
    const FileRef f(mqdes);
    mqueue_inode_info* const info = f ? mqueueOf(f.get()) : nullptr;
    if (!info) return -EBADF;
    if (!u_notification.address) {
        if (info->notify_owner == current->tgid) remove_notification(info);
        return 0;
    }
    if (info->notify_owner) return -EBUSY;
    if (event.sigev_notify == SIGEV_THREAD) {       // through a netlink socket, which there is none of
        unsupported("feature", "SIGEV_THREAD of mq_notify", "", task_pt_regs(current)->ip, "ENOSYS");
        return -ENOSYS;
    }
    info->notify_owner = current->tgid;
    info->notify_self_exec_id = current->self_exec_id;
    info->notify_how = event.sigev_notify;
    info->notify_signo = event.sigev_signo;
    info->notify_value = reinterpret_cast<u64>(event.sigev_value.sival_ptr);
    return 0;
}

SYSCALL_DEFINE(3, mq_getsetattr, (unsigned, mqdes), (UserPtr<mq_attr>, u_mqstat), (UserPtr<mq_attr>, u_omqstat)) {
    mq_attr fresh{};
    if (u_mqstat) fresh = TRY(get_user(u_mqstat));
    if (fresh.mq_flags & ~i64{O_NONBLOCK}) return -EINVAL;
    const FileRef f(mqdes);
    const mqueue_inode_info* const info = f ? mqueueOf(f.get()) : nullptr;
    if (!info) return -EBADF;
    mq_attr old = info->attr;
    old.mq_flags = f->f_flags & O_NONBLOCK;
    if (u_mqstat) f->f_flags = (f->f_flags & ~u32{O_NONBLOCK}) | static_cast<u32>(fresh.mq_flags);
    return u_omqstat ? put_user(old, u_omqstat) : 0;
}

}  // namespace kernel
