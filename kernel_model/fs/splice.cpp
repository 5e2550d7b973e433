// Linux fs/splice.c: splice(2), tee(2), vmsplice(2). What moves is copied; a pipe gives up only what the other side took.
#include "kernel_model/fs/pipe.hpp"
#include "kernel_model/include/linux/net.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {
namespace {

constexpr unsigned SPLICE_F_ALL = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT;

bool mayWait(const file* f, unsigned flags) { return !(flags & SPLICE_F_NONBLOCK) && !(f->f_flags & O_NONBLOCK); }

// Until the pipe holds something: 1; nobody will write any more: 0.
long waitForData(const file* f, unsigned flags) {
    pipe_inode_info* const p = get_pipe_info(f);
    if (!p->buffer.empty() || p->writers == 0) return !p->buffer.empty();
    if (!mayWait(f, flags)) return -EAGAIN;
    TRY_INT(wait_event_interruptible(p->wait, [p] { return !p->buffer.empty() || p->writers == 0; }));
    return !p->buffer.empty();
}
long waitForRoom(const file* f, unsigned flags) {
    pipe_inode_info* const p = get_pipe_info(f);
    const auto goesOn = [p] { return p->readers == 0 || p->room() > 0; };
    if (!goesOn() && !mayWait(f, flags)) return -EAGAIN;
    TRY_INT(wait_event_interruptible(p->wait, goesOn));
    if (p->readers) return 1;
    signalPipe();
    return -EPIPE;
}

std::vector<u8> front(const pipe_inode_info* p, u64 most) {
    const u64 n = std::min<u64>(most, p->buffer.size());
    return {p->buffer.begin(), p->buffer.begin() + static_cast<long>(n)};
}

TRACED(long, splice_from_pipe, (file*, pipe), (file*, out), (loff_t&, pos), (u64, len), (unsigned, flags)) {
    pipe_inode_info* const p = get_pipe_info(pipe);
    if (const long there = waitForData(pipe, flags); there <= 0) return there;
    const std::vector<u8> bytes = front(p, len);
    const long put = vfs_write(out, bytes, pos);
    if (put <= 0) return put;
    p->take(static_cast<u64>(put));
    wake_up(p->wait);
    return put;
}

TRACED(long, splice_to_pipe, (file*, in), (loff_t&, pos), (file*, pipe), (u64, len), (unsigned, flags)) {
    pipe_inode_info* const p = get_pipe_info(pipe);
    if (const long room = waitForRoom(pipe, flags); room <= 0) return room;
    std::vector<u8> bytes(std::min(len, p->room()));
    const long got = vfs_read(in, bytes, pos);
    if (got <= 0) return got;
    p->append(std::span(bytes).first(static_cast<u64>(got)));
    wake_up(p->wait);
    return got;
}

// Both are pipes; `keep`: as tee(2) does it.
TRACED(long, splice_pipe_to_pipe, (file*, in), (file*, out), (u64, len), (unsigned, flags), (bool, keep)) {
    pipe_inode_info *const from = get_pipe_info(in), *const to = get_pipe_info(out);
    if (const long there = waitForData(in, flags); there <= 0) return there;
    if (const long room = waitForRoom(out, flags); room <= 0) return room;
    const u64 moved = to->append(front(from, len));
    if (!keep) from->take(moved);
    wake_up(from->wait);
    wake_up(to->wait);
    return static_cast<long>(moved);
}

// The position is the file's own, or one in user memory that is put back.
template <class Body>
long withOffset(file* f, UserPtr<loff_t> offset, Body body) {
    if (offset && !(f->f_mode & FMODE_LSEEK)) return -EINVAL;
    loff_t pos = f->f_pos;
    if (offset) pos = TRY(get_user(offset));
    const long n = body(pos);
    if (n <= 0) return n;
    if (offset) return put_user(pos, offset) ? -EFAULT : n;
    if (f->f_mode & FMODE_LSEEK) f->f_pos = pos;
    return n;
}

bool spliceReadable(const file* f) {
    const umode_t mode = f->f_inode->i_mode;
    return S_ISREG(mode) || S_ISSOCK(mode) || S_ISCHR(mode);
}

long do_splice(file* in, UserPtr<loff_t> off_in, file* out, UserPtr<loff_t> off_out, u64 len, unsigned flags) {
    if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE)) return -EBADF;
    const pipe_inode_info *const from = get_pipe_info(in), *const to = get_pipe_info(out);
    if ((from && off_in) || (to && off_out)) return -ESPIPE;
    if (!from && !to) return -EINVAL;
    if (from && to) return from == to ? -EINVAL : splice_pipe_to_pipe(in, out, len, flags, false);
    if (from) {
        if (out->f_flags & O_APPEND || !spliceReadable(out)) return -EINVAL;
        return withOffset(out, off_out, [&](loff_t& pos) { return splice_from_pipe(in, out, pos, len, flags); });
    }
    if (!spliceReadable(in)) return -EINVAL;
    return withOffset(in, off_in, [&](loff_t& pos) { return splice_to_pipe(in, pos, out, len, flags); });
}

long vmsplice_to_pipe(file* f, const std::vector<iovec64>& pieces, unsigned flags) {
    pipe_inode_info* const p = get_pipe_info(f);
    u64 done = 0;
    for (iovec64 piece : pieces) {
        while (piece.len) {
            const long room = done && !p->room() ? 0 : waitForRoom(f, flags);
            if (room <= 0) return done ? static_cast<long>(done) : room;
            std::vector<u8> bytes(std::min(piece.len, p->room()));
            if (copy_from_user(bytes.data(), UserPtr<void>(piece.base), bytes.size())) return done ? static_cast<long>(done) : -EFAULT;
            p->append(bytes);
            wake_up(p->wait);
            piece.base += bytes.size(), piece.len -= bytes.size(), done += bytes.size();
        }
    }
    return static_cast<long>(done);
}
long vmsplice_to_user(file* f, const std::vector<iovec64>& pieces, unsigned flags) {
    pipe_inode_info* const p = get_pipe_info(f);
    u64 done = 0;
    for (const iovec64& piece : pieces) {
        if (!piece.len) continue;
        const long there = done ? !p->buffer.empty() : waitForData(f, flags);
        if (there <= 0) return done ? static_cast<long>(done) : there;
        const std::vector<u8> bytes = front(p, piece.len);
        if (copy_to_user(UserPtr<void>(piece.base), bytes.data(), bytes.size())) return done ? static_cast<long>(done) : -EFAULT;
        p->take(bytes.size());
        wake_up(p->wait);
        done += bytes.size();
    }
    return static_cast<long>(done);
}

}  // namespace

SYSCALL_DEFINE(6, splice, (int, fd_in), (UserPtr<loff_t>, off_in), (int, fd_out), (UserPtr<loff_t>, off_out), (u64, len),
               (unsigned, flags)) {
    if (len == 0) return 0;
    if (flags & ~SPLICE_F_ALL) return -EINVAL;
    const FileRef in(static_cast<unsigned>(fd_in)), out(static_cast<unsigned>(fd_out));
    return in && out ? do_splice(in.get(), off_in, out.get(), off_out, std::min(len, MAX_RW_COUNT), flags) : -EBADF;
}
SYSCALL_DEFINE(4, tee, (int, fdin), (int, fdout), (u64, len), (unsigned, flags)) {
    if (flags & ~SPLICE_F_ALL) return -EINVAL;
    if (len == 0) return 0;
    const FileRef in(static_cast<unsigned>(fdin)), out(static_cast<unsigned>(fdout));
    if (!in || !out || !(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE)) return -EBADF;
    const pipe_inode_info *const from = get_pipe_info(in.get()), *const to = get_pipe_info(out.get());
    if (!from || !to || from == to) return -EINVAL;
    return splice_pipe_to_pipe(in.get(), out.get(), len, flags, true);
}
SYSCALL_DEFINE(4, vmsplice, (int, fd), (UserPtr<void>, uiov), (u64, nr_segs), (unsigned, flags)) {
    if (flags & ~SPLICE_F_ALL) return -EINVAL;
    const FileRef f(static_cast<unsigned>(fd));
    if (!f || !get_pipe_info(f.get())) return -EBADF;
    const auto pieces = TRY(importIovec(uiov, nr_segs));
    return f->f_mode & FMODE_WRITE ? vmsplice_to_pipe(f.get(), pieces, flags) : vmsplice_to_user(f.get(), pieces, flags);
}

}  // namespace kernel
