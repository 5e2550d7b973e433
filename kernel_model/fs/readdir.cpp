// getdents(2) (Linux fs/readdir.c). The list is taken when reading begins; f_pos is an index into it.
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/syscalls.hpp"

#include <cstring>

namespace kernel {
namespace {

using Entries = std::vector<DirectoryEntry>;
enum class Layout : u8 { linux_dirent, linux_dirent64 };

void put(std::vector<u8>& record, u64 at, u64 value, u64 size) { std::memcpy(record.data() + at, &value, size); }

// linux_dirent: ino, off, reclen, name, NUL, type as the last byte. linux_dirent64: ino, off, reclen, type, name.
std::vector<u8> encode(const DirectoryEntry& entry, u64 next, Layout layout) {
    const bool wide = layout == Layout::linux_dirent64;
    const u64 name_at = wide ? 19 : 18;
    const u64 length = (name_at + entry.name.size() + (wide ? 1 : 2) + 7) & ~u64{7};
    std::vector<u8> record(length);
    put(record, 0, entry.ino, 8);
    put(record, 8, next, 8);
    put(record, 16, length, 2);
    record[wide ? 18 : length - 1] = entry.type;
    std::memcpy(record.data() + name_at, entry.name.data(), entry.name.size());
    return record;
}

long fill(file* f, u64 buffer, u64 count, Layout layout) {
    auto entries = std::static_pointer_cast<Entries>(f->private_data);
    if (!entries || f->f_pos == 0) {
        entries = std::make_shared<Entries>();
        TRY_INT(f->f_op->readdir(f, *entries));
        f->private_data = entries;
    }
    u64 done = 0;
    auto index = static_cast<u64>(f->f_pos.get());
    for (; index < entries->size(); ++index) {
        const auto record = encode((*entries)[index], index + 1, layout);
        if (done + record.size() > count) {
            if (done == 0) return -EINVAL;
            break;
        }
        if (copy_to_user(UserPtr<void>(buffer + done), record.data(), record.size())) return done ? static_cast<long>(done) : -EFAULT;
        done += record.size();
    }
    f->f_pos = static_cast<loff_t>(index);
    fsnotify(IN_ACCESS, f);
    return static_cast<long>(done);
}

}  // namespace

static TRACED(int, iterate_dir, (file*, filp)) {
    if (!S_ISDIR(filp->f_inode->i_mode)) return -ENOTDIR;
    return filp->f_path->unlinked ? -ENOENT : 0;
}

SYSCALL_DEFINE(3, getdents, (unsigned, fd), (UserPtr<void>, dirent), (u32, count)) {
    const FileRef f(fd);
    if (!f) return -EBADF;
    TRY_INT(iterate_dir(f.get()));
    return fill(f.get(), dirent.address, count, Layout::linux_dirent);
}
SYSCALL_DEFINE(3, getdents64, (unsigned, fd), (UserPtr<void>, dirent), (u32, count)) {
    const FileRef f(fd);
    if (!f) return -EBADF;
    TRY_INT(iterate_dir(f.get()));
    return fill(f.get(), dirent.address, count, Layout::linux_dirent64);
}

}  // namespace kernel
