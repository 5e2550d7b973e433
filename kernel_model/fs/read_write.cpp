// Reading and writing (Linux fs/read_write.c). Between user and kernel at most 64 KiB are copied at a time.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/fs/pipe.hpp"
#include "kernel_model/include/linux/coredump.hpp"
#include "kernel_model/include/linux/net.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/stop.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace kernel {
namespace {

constexpr u64 UIO_MAXIOV = 1024;

u64 scatter(std::span<const iovec64> pieces, std::span<const u8> bytes) {      // how many reached the user
    u64 done = 0;
    for (const iovec64& v : pieces) {
        const u64 n = std::min<u64>(v.len, bytes.size() - done);
        const u64 missing = copy_to_user(UserPtr<void>(v.base), bytes.data() + done, n);
        done += n - missing;
        if (missing || done == bytes.size()) break;
    }
    return done;
}

// Of pipes and terminals: one read fills all the pieces as far as there is something. A pipe keeps the page whose bytes could not all
// be handed over (Linux fs/pipe.c pipe_read).
long readStream(file* f, std::span<const iovec64> pieces, loff_t& pos) {
    constexpr u64 most_at_once = 1 << 20;   // what the largest pipe holds
    if (!(f->f_mode & FMODE_READ)) return -EBADF;
    u64 count = 0;
    for (const iovec64& v : pieces) count = std::min(count + v.len, most_at_once);
    const auto bytes = std::make_unique_for_overwrite<u8[]>(count);
    const long got = vfs_read(f, std::span(bytes.get(), count), pos);
    if (got <= 0) return got;
    const std::span<const u8> read(bytes.get(), static_cast<u64>(got));
    u64 done = scatter(pieces, read);
    if (pipe_inode_info* const pipe = done < read.size() ? get_pipe_info(f) : nullptr) {
        done &= PAGE_MASK;
        pipe->putBack(read.subspan(done));
    }
    return done ? static_cast<long>(done) : -EFAULT;
}

long readToUser(file* f, u64 buffer, u64 count, loff_t& pos) {
    if (!(f->f_mode & FMODE_READ)) return -EBADF;
    count = std::min(count, MAX_RW_COUNT);
    if (socket* const sock = sock_from_file(f)) return sock_read_iter(f, sock, iov_iter(buffer, count));
    if (f->f_op->shortReads()) return readStream(f, std::array{iovec64{buffer, count}}, pos);
    std::vector<u8> chunk(std::min(count, COPY_CHUNK));
    u64 done = 0;
    do {
        const u64 n = std::min<u64>(count - done, chunk.size());
        const long got = vfs_read(f, std::span(chunk.data(), n), pos);
        if (got < 0) return done ? static_cast<long>(done) : got;
        const u64 missing = copy_to_user(UserPtr<void>(buffer + done), chunk.data(), static_cast<u64>(got));
        done += static_cast<u64>(got) - missing;
        if (missing) {
            pos -= static_cast<loff_t>(missing);
            return done ? static_cast<long>(done) : -EFAULT;
        }
        if (static_cast<u64>(got) < n) break;
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

// Who watches the file hears of what was read or written (inotify(7)).
long notified(u32 mask, file* f, long n) {
    if (n > 0) fsnotify(mask, f);
    return n;
}

using Transfer = long (*)(file*, u64, u64, loff_t&);
long transferVector(file* f, UserPtr<void> vec, u64 count, loff_t& pos, Transfer transfer) {
    const auto all = TRY(importIovec(vec, count));
    if (socket* const sock = sock_from_file(f)) {       // one message, whatever the pieces
        iov_iter iter(all);
        if (!iter.count()) return 0;
        return transfer == readToUser ? sock_read_iter(f, sock, std::move(iter)) : sock_write_iter(f, sock, std::move(iter));
    }
    if (transfer == readToUser && f->f_op->shortReads()) {
        const bool any = std::ranges::any_of(all, [](const iovec64& v) { return v.len != 0; });
        return any ? readStream(f, all, pos) : 0;
    }
    long done = 0;
    for (const iovec64& v : all) {
        if (v.len == 0) continue;
        const long n = transfer(f, v.base, v.len, pos);
        if (n < 0) return done ? done : n;
        done += n;
        if (static_cast<u64>(n) < v.len) break;
    }
    return done;
}

long readFile(file* f, UserPtr<void> vec, u64 count, loff_t& pos) {
    return notified(IN_ACCESS, f, transferVector(f, vec, count, pos, readToUser));
}
long writeFile(file* f, UserPtr<void> vec, u64 count, loff_t& pos) {
    return notified(IN_MODIFY, f, transferVector(f, vec, count, pos, writeFromUser));
}

// preadv2(2): RWF_*.
constexpr int HIPRI = 1, DSYNC = 2, SYNC = 4, NOWAIT = 8, APPEND = 0x10;
int kiocb_set_rw_flags(const file* f, int flags, loff_t& pos) {
    if (flags & ~(HIPRI | DSYNC | SYNC | NOWAIT | APPEND)) return -EOPNOTSUPP;
    if (flags & NOWAIT && !S_ISREG(f->f_inode->i_mode)) return -EOPNOTSUPP;
    if (flags & APPEND && f->f_mode & FMODE_WRITE && S_ISREG(f->f_inode->i_mode)) pos = f->f_inode->i_size;
    return 0;
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
    stopIfRequested();
    TRY_INT(rw_verify_area(pos, to.size()));
    return filp->f_op->read(filp, to, pos);
}

TRACED(long, vfs_write, (file*, filp), (std::span<const u8>, from), (loff_t&, pos)) {
    stopIfRequested();
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
    return atFilePosition(fd, [&](file* f, loff_t& pos) { return notified(IN_ACCESS, f, readToUser(f, buf.address, count, pos)); });
}
SYSCALL_DEFINE(3, write, (unsigned, fd), (Bytes<const char>, buf), (u64, count)) {
    return atFilePosition(fd, [&](file* f, loff_t& pos) { return notified(IN_MODIFY, f, writeFromUser(f, buf.address, count, pos)); });
}
SYSCALL_DEFINE(4, pread64, (unsigned, fd), (Bytes<char>, buf), (u64, count), (loff_t, pos)) {
    return atGivenPosition(fd, pos, [&](file* f, loff_t& at) { return notified(IN_ACCESS, f, readToUser(f, buf.address, count, at)); });
}
SYSCALL_DEFINE(4, pwrite64, (unsigned, fd), (Bytes<const char>, buf), (u64, count), (loff_t, pos)) {
    return atGivenPosition(fd, pos, [&](file* f, loff_t& at) { return notified(IN_MODIFY, f, writeFromUser(f, buf.address, count, at)); });
}
SYSCALL_DEFINE(3, readv, (unsigned, fd), (UserPtr<void>, vec), (u64, vlen)) {
    return atFilePosition(fd, [&](file* f, loff_t& pos) { return readFile(f, vec, vlen, pos); });
}
SYSCALL_DEFINE(3, writev, (unsigned, fd), (UserPtr<void>, vec), (u64, vlen)) {
    return atFilePosition(fd, [&](file* f, loff_t& pos) { return writeFile(f, vec, vlen, pos); });
}
SYSCALL_DEFINE(5, preadv, (unsigned, fd), (UserPtr<void>, vec), (u64, vlen), (u64, pos_l), (u64, pos_h)) {
    return atGivenPosition(fd, static_cast<loff_t>(pos_l),
                           [&](file* f, loff_t& at) { return readFile(f, vec, vlen, at); });
}
SYSCALL_DEFINE(5, pwritev, (unsigned, fd), (UserPtr<void>, vec), (u64, vlen), (u64, pos_l), (u64, pos_h)) {
    return atGivenPosition(fd, static_cast<loff_t>(pos_l),
                           [&](file* f, loff_t& at) { return writeFile(f, vec, vlen, at); });
}

SYSCALL_DEFINE(6, preadv2, (unsigned, fd), (UserPtr<void>, vec), (u64, vlen), (u64, pos_l), (u64, pos_h), (int, flags)) {
    const auto body = [&](file* f, loff_t& at) {
        const int error = kiocb_set_rw_flags(f, flags & ~APPEND, at);
        return error ? error : readFile(f, vec, vlen, at);
    };
    return static_cast<loff_t>(pos_l) == -1 ? atFilePosition(fd, body) : atGivenPosition(fd, static_cast<loff_t>(pos_l), body);
}
SYSCALL_DEFINE(6, pwritev2, (unsigned, fd), (UserPtr<void>, vec), (u64, vlen), (u64, pos_l), (u64, pos_h), (int, flags)) {
    const auto body = [&](file* f, loff_t& at) {
        const int error = kiocb_set_rw_flags(f, flags, at);
        return error ? error : writeFile(f, vec, vlen, at);
    };
    return static_cast<loff_t>(pos_l) == -1 ? atFilePosition(fd, body) : atGivenPosition(fd, static_cast<loff_t>(pos_l), body);
}

SYSCALL_DEFINE(3, lseek, (unsigned, fd), (i64, offset), (unsigned, whence)) {
    const FileRef f(fd);
    if (!f) return -EBADF;
    if (whence > 4) return -EINVAL;
    if (!(f->f_mode & FMODE_LSEEK)) return -ESPIPE;
    return f->f_op->llseek(f.get(), offset, static_cast<int>(whence));
}

}  // namespace kernel
