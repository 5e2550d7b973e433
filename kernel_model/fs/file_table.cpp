// The end of open files (Linux fs/file_table.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/version/signal.hpp"
#include "kernel_model/mm/memfd.hpp"

namespace kernel {

TRACED(void, __fput, (file*, filp)) {
    fsnotify(filp->f_mode & FMODE_WRITE ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE, filp);
    eventpoll_release(filp);
    locks_remove_flock(filp);
    if (!(filp->f_mode & FMODE_PATH)) filp->f_op->release(filp);
    const bool writer = filp->f_mode & FMODE_WRITE && !(filp->f_mode & FMODE_UNCOUNTED);
    if (writer && S_ISREG(filp->f_inode->i_mode)) put_write_access(filp->f_inode);
    dput(filp->f_path);
    delete filp;
}

void fput(file* f) {
    BUG_ON(f->f_count <= 0);
    --f->f_count;
    if (f->f_count == 0) version().signal.lastFput(f);
}

}  // namespace kernel
