// sendfile(2), copy_file_range(2) (Linux fs/read_write.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <algorithm>

namespace kernel {
namespace {

// Up to the end of `in`, or to what `out` takes.
long copyBetween(file* in, loff_t& from, file* out, loff_t& to, u64 count) {
    std::vector<u8> chunk(std::min(count, COPY_CHUNK));
    u64 done = 0;
    long error = 0;
    while (done < count) {
        const u64 n = std::min<u64>(count - done, chunk.size());
        loff_t position = from;
        const long got = vfs_read(in, std::span(chunk.data(), n), position);
        if ((error = got) <= 0) break;
        const long put = vfs_write(out, std::span<const u8>(chunk.data(), static_cast<u64>(got)), to);
        if ((error = put) < 0) break;
        from += put;
        done += static_cast<u64>(put);
        if (put < got || static_cast<u64>(got) < n) break;
    }
    if (!done) return error;
    fsnotify(IN_ACCESS, in);
    fsnotify(IN_MODIFY, out);
    return static_cast<long>(done);
}

// An offset of the file itself, or one in user memory.
Result<loff_t> offsetOf(const file* f, UserPtr<loff_t> offset) {
    if (offset) return get_user(offset);
    return f->f_pos.get();
}
int keepOffset(file* f, UserPtr<loff_t> offset, loff_t pos) {
    if (offset) return put_user(pos, offset);
    if (f->f_pos != pos) f->f_pos = pos;
    return 0;
}

int checkCopy(const file* in, loff_t from, const file* out, loff_t to, u64& count) {
    const umode_t in_mode = in->f_inode->i_mode, out_mode = out->f_inode->i_mode;
    if (S_ISDIR(in_mode) || S_ISDIR(out_mode)) return -EISDIR;
    if (!S_ISREG(in_mode) || !S_ISREG(out_mode)) return -EINVAL;
    if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE) || out->f_flags & O_APPEND) return -EBADF;
    if (in->f_inode->i_sb != out->f_inode->i_sb) return -EXDEV;
    const auto overflows = [&](loff_t at) { return static_cast<u64>(at) + count < static_cast<u64>(at); };
    if (overflows(from) || overflows(to)) return -EOVERFLOW;
    const loff_t size = in->f_inode->i_size;
    count = from >= size ? 0 : std::min(count, static_cast<u64>(size - from));
    const auto length = static_cast<loff_t>(count);
    if (in->f_inode == out->f_inode && to + length > from && to < from + length) return -EINVAL;
    return from < 0 || to < 0 ? -EINVAL : 0;
}

// The length and the end that it leads to are positive numbers.
int checkExtent(loff_t pos, u64 count) { return pos < 0 || count > static_cast<u64>(INT64_MAX - pos) ? -EINVAL : 0; }

}  // namespace

// From something with pages to anything. All of `in` is looked at before `out`.
SYSCALL_DEFINE(4, sendfile64, (int, out_fd), (int, in_fd), (UserPtr<loff_t>, offset), (u64, count)) {
    if (offset) static_cast<void>(TRY(get_user(offset)));
    const FileRef in(static_cast<unsigned>(in_fd)), out(static_cast<unsigned>(out_fd));
    if (!in || !(in->f_mode & FMODE_READ)) return -EBADF;
    if (offset && !(in->f_mode & FMODE_LSEEK)) return -ESPIPE;
    loff_t from = TRY(offsetOf(in.get(), offset));
    TRY_INT(checkExtent(from, count));
    count = std::min(count, MAX_RW_COUNT);
    if (!out || !(out->f_mode & FMODE_WRITE)) return -EBADF;
    loff_t to = out->f_pos;
    TRY_INT(checkExtent(to, count));
    if ((!S_ISREG(in->f_inode->i_mode) && !S_ISBLK(in->f_inode->i_mode)) || (out->f_flags & O_APPEND)) return -EINVAL;
    const long n = copyBetween(in.get(), from, out.get(), to, count);
    TRY_INT(keepOffset(out.get(), {}, to));
    TRY_INT(keepOffset(in.get(), offset, from));
    return n;
}

SYSCALL_DEFINE(6, copy_file_range, (int, fd_in), (UserPtr<loff_t>, off_in), (int, fd_out), (UserPtr<loff_t>, off_out), (u64, len),
               (unsigned, flags)) {
    const FileRef in(static_cast<unsigned>(fd_in)), out(static_cast<unsigned>(fd_out));
    if (!in || !out) return -EBADF;
    loff_t from = TRY(offsetOf(in.get(), off_in)), to = TRY(offsetOf(out.get(), off_out));
    if (flags) return -EINVAL;
    TRY_INT(checkCopy(in.get(), from, out.get(), to, len));
    const long n = copyBetween(in.get(), from, out.get(), to, std::min(len, MAX_RW_COUNT));
    if (n <= 0) return n;
    TRY_INT(keepOffset(in.get(), off_in, from));
    TRY_INT(keepOffset(out.get(), off_out, to));
    return n;
}

}  // namespace kernel
