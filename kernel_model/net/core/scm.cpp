// Control messages (Linux net/core/scm.c; cmsg(3), unix(7)).
#include "kernel_model/include/net/scm.hpp"
#include "kernel_model/fs/internal.hpp"

#include <algorithm>
#include <cstring>

namespace kernel {
namespace {

struct UserCmsg { u64 cmsg_len; int cmsg_level, cmsg_type; };
constexpr u64 align8(u64 n) { return (n + 7) & ~u64{7}; }
constexpr u64 lengthOf(u64 n) { return sizeof(UserCmsg) + n; }
constexpr u64 spaceOf(u64 n) { return sizeof(UserCmsg) + align8(n); }
constexpr uid_t OVERFLOW_ID = 65534;        // kernel.overflowuid: of nobody

std::unique_ptr<scm_fp_list> fresh() { return std::make_unique<scm_fp_list>(); }

int scm_fp_copy(std::span<const u8> data, scm_cookie& scm) {
    std::vector<int> fds(data.size() / sizeof(int));
    if (fds.empty()) return 0;
    std::memcpy(fds.data(), data.data(), fds.size() * sizeof(int));
    if (fds.size() > SCM_MAX_FD) return -EINVAL;
    if (!scm.fp) scm.fp = fresh();
    if (scm.fp->fp.size() + fds.size() > SCM_MAX_FD) return -EINVAL;
    for (const int fd : fds) {
        file* const f = fd < 0 ? nullptr : fget_raw(static_cast<unsigned>(fd));
        if (!f) return -EBADF;
        scm.fp->fp.push_back(f);
    }
    return 0;
}

bool ownId(u32 id, u32 real, u32 effective, u32 saved, Capability otherwise) {
    return id == real || id == effective || id == saved || capable(otherwise);
}
int scm_check_creds(std::span<const u8> data, scm_cookie& scm) {
    scm_creds c;
    if (data.size() != sizeof c) return -EINVAL;
    std::memcpy(&c, data.data(), sizeof c);
    const cred* const own = current->cred;
    const bool allowed = (c.pid == current->tgid || capable(CAP_SYS_ADMIN)) &&
                         ownId(c.uid, own->uid, own->euid, own->suid, CAP_SETUID) && ownId(c.gid, own->gid, own->egid, own->sgid, CAP_SETGID);
    if (!allowed) return -EPERM;
    if (!find_vpid(c.pid)) return -ESRCH;
    scm.creds = c;
    return 0;
}

int __scm_send(std::span<const u8> control, scm_cookie& scm) {
    for (u64 at = 0; control.size() - at >= sizeof(UserCmsg);) {
        UserCmsg header{};
        std::memcpy(&header, &control[at], sizeof header);
        if (header.cmsg_len < sizeof header || header.cmsg_len > control.size() - at) return -EINVAL;
        const auto data = control.subspan(at + sizeof header, header.cmsg_len - sizeof header);
        at = std::min(control.size(), at + align8(header.cmsg_len));
        if (header.cmsg_level != SOL_SOCKET) continue;
        switch (header.cmsg_type) {
            case SCM_RIGHTS: TRY_INT(scm_fp_copy(data, scm)); break;
            case SCM_CREDENTIALS: TRY_INT(scm_check_creds(data, scm)); break;
            default: return -EINVAL;
        }
    }
    return 0;
}

// As many descriptors as there is room for, and as the limit allows.
void scm_detach_fds(msghdr& msg, scm_fp_list& list, bool close_on_exec) {
    const u64 room = msg.msg_control && msg.msg_controllen > sizeof(UserCmsg) ? (msg.msg_controllen - sizeof(UserCmsg)) / sizeof(int) : 0;
    u64 n = 0;
    while (n < std::min<u64>(room, list.fp.size())) {
        const int fd = get_unused_fd_flags(close_on_exec ? O_CLOEXEC : 0);
        if (fd < 0) break;
        if (put_user(fd, UserPtr<int>{msg.msg_control + sizeof(UserCmsg) + n * sizeof(int)})) {
            put_unused_fd(static_cast<unsigned>(fd));
            break;
        }
        fd_install(static_cast<unsigned>(fd), get_file(list.fp[n]));
        ++n;
    }
    if (n) {
        const UserCmsg header{lengthOf(n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
        if (!put_user(header, UserPtr<UserCmsg>{msg.msg_control})) {
            const u64 used = std::min(spaceOf(n * sizeof(int)), msg.msg_controllen);
            msg.msg_control += used;
            msg.msg_controllen -= used;
        }
    }
    if (n < list.fp.size()) msg.msg_flags |= MSG_CTRUNC;
}

}  // namespace

// The end of a file may be the end of messages that hold others: one after the other, not one inside the other.
scm_fp_list::~scm_fp_list() {
    static auto& ending = *new std::deque<file*>;
    static bool busy = false;
    ending.insert(ending.end(), fp.begin(), fp.end());
    if (busy) return;
    busy = true;
    while (!ending.empty()) {
        file* const f = ending.front();
        ending.pop_front();
        fput(f);
    }
    busy = false;
}

std::unique_ptr<scm_fp_list> scm_fp_list::dup() const {
    auto copy = fresh();
    for (file* f : fp) copy->fp.push_back(get_file(f));
    return copy;
}

scm_creds currentCredentials() { return {current->tgid, current->cred->uid, current->cred->gid}; }

int scm_send(const msghdr& msg, scm_cookie& scm) {
    if (!msg.msg_controllen) return 0;
    std::vector<u8> control(msg.msg_controllen);
    if (copy_from_user(control.data(), UserPtr<void>(msg.msg_control), control.size())) return -EFAULT;
    return __scm_send(control, scm);
}

void put_cmsg(msghdr& msg, int level, int type, std::span<const u8> data) {
    UserCmsg header{lengthOf(data.size()), level, type};
    if (!msg.msg_control || msg.msg_controllen < sizeof header) {
        msg.msg_flags |= MSG_CTRUNC;
        return;
    }
    if (msg.msg_controllen < header.cmsg_len) {
        msg.msg_flags |= MSG_CTRUNC;
        header.cmsg_len = msg.msg_controllen;
    }
    if (put_user(header, UserPtr<UserCmsg>{msg.msg_control})) return;
    if (copy_to_user(UserPtr<void>(msg.msg_control + sizeof header), data.data(), header.cmsg_len - sizeof header)) return;
    const u64 used = std::min(spaceOf(data.size()), msg.msg_controllen);
    msg.msg_control += used;
    msg.msg_controllen -= used;
}

void scm_recv(const socket* sock, msghdr& msg, scm_cookie& scm, u32 flags) {
    if (!msg.msg_control) {
        if (sock->passcred || scm.fp) msg.msg_flags |= MSG_CTRUNC;
        scm.fp.reset();
        return;
    }
    if (sock->passcred) {
        const scm_creds creds = scm.creds.value_or(scm_creds{0, OVERFLOW_ID, OVERFLOW_ID});
        put_cmsg(msg, SOL_SOCKET, SCM_CREDENTIALS, {reinterpret_cast<const u8*>(&creds), sizeof creds});
    }
    if (scm.fp) scm_detach_fds(msg, *scm.fp, flags & MSG_CMSG_CLOEXEC);
    scm.fp.reset();
}

}  // namespace kernel
