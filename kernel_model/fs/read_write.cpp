// Reading and writing (Linux fs/read_write.c). Between user and kernel at most 64 KiB are copied at a time.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/coredump.hpp"
#include "kernel_model/include/linux/net.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr u64 UIO_MAXIOV = 1024;

long readToUser(file* f, u64 buffer, u64 count, loff_t& pos) {
    if (!(f->f_mode & FMODE_READ)) return -EBADF;
    count = std::min(count, MAX_RW_COUNT);
    if (socket* const sock = sock_from_file(f)) return sock_read_iter(f, sock, iov_iter(buffer, count));
    std::vector<u8> chunk(std::min(count, COPY_CHUNK));
    u64 done = 0;
    do {
        const u64 n = std::min<u64>(count - done, chunk.size());
        const long got = vfs_read(f, std::span(chunk.data(), n), pos);
        if (got < 0) return done ? static_cast<long>(done) : got;
        const u64 missing = copy_to_user(UserPtr<void>(buffer + done), chunk.data(), static_cast<u64>(got));
        done += static_cast<u64>(got) - missing;
        if (missing) {
            if (!f->f_op->shortReads()) pos -= static_cast<loff_t>(missing);
            return done ? static_cast<long>(done) : -EFAULT;
        }
        if (static_cast<u64>(got) < n || f->f_op->shortReads()) break;
    } while (done < count);
    return static_cast<long>(done);
}

// RLIMIT_FSIZE (getrlimit(2)): a write that begins below it ends at it, another one fails with a signal.
Result<u64> withinFileLimit(const file* f, u64 count, loff_t pos) {
    const u64 limit = rlimit_cur(RLIMIT_FSIZE);
    if (!count || limit == RLIM_INFINITY || !S_ISREG(f->f_inode->i_mode)) return count;
    const u64 at = static_cast<u64>(f->f_flags & O_APPEND ? f->f_inode->i_size.get() : pos);
    if (check("the position is below RLIMIT_FSIZE", at < limit, at)) return std::min(count, limit - at);
    send_sig(SIGXFSZ, current, 0);
    return Failure{-EFBIG};
}

long writeFromUser(file* f, u64 buffer, u64 count, loff_t& pos) {
    if (!(f->f_mode & FMODE_WRITE)) return -EBADF;
    count = TRY(withinFileLimit(f, std::min(count, MAX_RW_COUNT), pos));
    if (socket* const sock = sock_from_file(f)) return sock_write_iter(f, sock, iov_iter(buffer, count));
    std::vector<u8> chunk(std::min(count, COPY_CHUNK));
    u64 done = 0;
    do {
        const u64 n = std::min<u64>(count - done, chunk.size());
        const u64 missing = copy_from_user(chunk.data(), UserPtr<void>(buffer + done), n);
        const u64 usable = n - missing;
        if (usable == 0 && n > 0) return done ? static_cast<long>(done) : -EFAULT;
        const long put = vfs_write(f, std::span<const u8>(chunk.data(), usable), pos);
        if (put < 0) return done ? static_cast<long>(done) : put;
        done += static_cast<u64>(put);
        if (static_cast<u64>(put) < n) break;
    } while (done < count);
    return static_cast<long>(done);
}

using Transfer = long (*)(file*, u64, u64, loff_t&);
long transferVector(file* f, UserPtr<void> vec, u64 count, loff_t& pos, Transfer transfer) {
    const auto all = TRY(importIovec(vec, count));
    if (socket* const sock = sock_from_file(f)) {       // one message, whatever the pieces
        iov_iter iter(all);
        if (!iter.count()) return 0;
        return transfer == readToUser ? sock_read_iter(f, sock, std::move(iter)) : sock_write_iter(f, sock, std::move(iter));
    }
    long done = 0;
    for (const iovec64& v : all) {
        if (v.len == 0) continue;
        const long n = transfer(f, v.base, v.len, pos);
        if (n < 0) return done ? done : n;
        done += n;
        if (static_cast<u64>(n) < v.len) break;
        if (f->f_op->shortReads() && transfer == readToUser) break;
    }
    return done;
}

// The file position is shared by all descriptors of an open file; streams have none.
template <class Body>
long atFilePosition(unsigned fd, Body body) {
    const FileRef f(fd);
    if (!f) return -EBADF;
    loff_t pos = f->f_pos;
    const long n = body(f.get(), pos);
    if (pos != f->f_pos) f->f_pos = pos;
    return n;
}
template <class Body>
long atGivenPosition(unsigned fd, loff_t pos, Body body) {
    if (pos < 0) return -EINVAL;
    const FileRef f(fd);
    if (!f) return -EBADF;
    if (!(f->f_mode & FMODE_LSEEK)) return -ESPIPE;
    return body(f.get(), pos);
}

}  // namespace

Result<std::vector<iovec64>> importIovec(UserPtr<void> vec, u64 count) {
    if (count > UIO_MAXIOV) return Failure{-EINVAL};
    std::vector<iovec64> all(count);
    if (copy_from_user(all.data(), vec, count * sizeof(iovec64))) return Failure{-EFAULT};
    u64 total = 0;
    for (iovec64& v : all) {
        if (static_cast<i64>(v.len) < 0) return Failure{-EINVAL};
        v.len = std::min(v.len, MAX_RW_COUNT - total);
        total += v.len;
    }
    return all;
}

static int rw_verify_area(loff_t pos, u64 count) {
    return pos < 0 || count > static_cast<u64>(INT64_MAX - pos) ? -EINVAL : 0;
}

TRACED(long, vfs_read, (file*, filp), (std::span<u8>, to), (loff_t&, pos)) {
    TRY_INT(rw_verify_area(pos, to.size()));
    return filp->f_op->read(filp, to, pos);
}

TRACED(long, vfs_write, (file*, filp), (std::span<const u8>, from), (loff_t&, pos)) {
    TRY_INT(rw_verify_area(pos, from.size()));
    return filp->f_op->write(filp, from, pos);
}

TRACED(long, __kernel_write, (file*, file), (std::span<const u8>, from), (loff_t&, pos)) {
    const u64 count = TRY(withinFileLimit(file, from.size(), pos));
    return vfs_write(file, from.first(count), pos);
}

static traces::Value sizeOf(u64 n) { return traces::Value::count(static_cast<i64>(n)); }

static std::string_view kernel_read_traced_label() { return "kernel_read"; }
TRACED_REGISTER(kernel_read, true)

// Linux fs/exec.c: bytes read, or -errno.
int kernel_read(file* f, loff_t offset, void* to, u64 count) {
    const auto body = [&] {
        loff_t pos = offset;
        return static_cast<int>(vfs_read(f, {static_cast<u8*>(to), count}, pos));
    };
    if (!traces::tracer().on(traces::Kind::call)) return body();
    traces::CallScope scope{"kernel_read",
                            {{"file", traces::objectValue(f)}, {"offset", traces::Value::count(offset)}, {"count", sizeOf(count)}}};
    return scope.run(body);
}

SYSCALL_DEFINE(3, read, (unsigned, fd), (Bytes<char>, buf), (u64, count)) {
    return atFilePosition(fd, [&](file* f, loff_t& pos) { return readToUser(f, buf.address, count, pos); });
}
SYSCALL_DEFINE(3, write, (unsigned, fd), (Bytes<const char>, buf), (u64, count)) {
    return atFilePosition(fd, [&](file* f, loff_t& pos) { return writeFromUser(f, buf.address, count, pos); });
}
SYSCALL_DEFINE(4, pread64, (unsigned, fd), (Bytes<char>, buf), (u64, count), (loff_t, pos)) {
    return atGivenPosition(fd, pos, [&](file* f, loff_t& at) { return readToUser(f, buf.address, count, at); });
}
SYSCALL_DEFINE(4, pwrite64, (unsigned, fd), (Bytes<const char>, buf), (u64, count), (loff_t, pos)) {
    return atGivenPosition(fd, pos, [&](file* f, loff_t& at) { return writeFromUser(f, buf.address, count, at); });
}
SYSCALL_DEFINE(3, readv, (unsigned, fd), (UserPtr<void>, vec), (u64, vlen)) {
    return atFilePosition(fd, [&](file* f, loff_t& pos) { return transferVector(f, vec, vlen, pos, readToUser); });
}
SYSCALL_DEFINE(3, writev, (unsigned, fd), (UserPtr<void>, vec), (u64, vlen)) {
    return atFilePosition(fd, [&](file* f, loff_t& pos) { return transferVector(f, vec, vlen, pos, writeFromUser); });
}
SYSCALL_DEFINE(5, preadv, (unsigned, fd), (UserPtr<void>, vec), (u64, vlen), (u64, pos_l), (u64, pos_h)) {
    return atGivenPosition(fd, static_cast<loff_t>(pos_l),
                           [&](file* f, loff_t& at) { return transferVector(f, vec, vlen, at, readToUser); });
}
SYSCALL_DEFINE(5, pwritev, (unsigned, fd), (UserPtr<void>, vec), (u64, vlen), (u64, pos_l), (u64, pos_h)) {
    return atGivenPosition(fd, static_cast<loff_t>(pos_l),
                           [&](file* f, loff_t& at) { return transferVector(f, vec, vlen, at, writeFromUser); });
}

SYSCALL_DEFINE(3, lseek, (unsigned, fd), (i64, offset), (unsigned, whence)) {
    const FileRef f(fd);
    if (!f) return -EBADF;
    if (whence > 4) return -EINVAL;
    if (!(f->f_mode & FMODE_LSEEK)) return -ESPIPE;
    return f->f_op->llseek(f.get(), offset, static_cast<int>(whence));
}

namespace {

long copyBetween(file* in, file* out, loff_t& from, u64 count) {
    std::vector<u8> chunk(std::min(count, COPY_CHUNK));
    u64 done = 0;
    while (done < count) {
        const u64 n = std::min<u64>(count - done, chunk.size());
        loff_t position = from;
        const long got = vfs_read(in, std::span(chunk.data(), n), position);
        if (got <= 0) return done ? static_cast<long>(done) : got;
        loff_t to = out->f_pos;
        const long put = vfs_write(out, std::span<const u8>(chunk.data(), static_cast<u64>(got)), to);
        if (put < 0) return done ? static_cast<long>(done) : put;
        if (out->f_pos != to) out->f_pos = to;
        from += put;
        done += static_cast<u64>(put);
        if (put < got || static_cast<u64>(got) < n) break;
    }
    return static_cast<long>(done);
}

}  // namespace

// sendfile(2): from something with pages to anything.
SYSCALL_DEFINE(4, sendfile64, (int, out_fd), (int, in_fd), (UserPtr<loff_t>, offset), (u64, count)) {
    const FileRef in(static_cast<unsigned>(in_fd)), out(static_cast<unsigned>(out_fd));
    if (!in || !(in->f_mode & FMODE_READ) || !out || !(out->f_mode & FMODE_WRITE)) return -EBADF;
    if (offset && !(in->f_mode & FMODE_LSEEK)) return -ESPIPE;
    if ((!S_ISREG(in->f_inode->i_mode) && !S_ISBLK(in->f_inode->i_mode)) || (out->f_flags & O_APPEND)) return -EINVAL;
    count = std::min(count, MAX_RW_COUNT);
    loff_t from = in->f_pos;
    if (offset) from = TRY(get_user(offset));
    if (from < 0) return -EINVAL;
    const long n = copyBetween(in.get(), out.get(), from, count);
    if (offset) {
        if (put_user(from, offset)) return -EFAULT;
    } else if (in->f_pos != from) {
        in->f_pos = from;
    }
    return n;
}

}  // namespace kernel
