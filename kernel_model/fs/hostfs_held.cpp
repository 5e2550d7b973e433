// The open files of a writable bind (ours).
#include "kernel_model/fs/hostfs.hpp"

namespace kernel {

HostFiles& hostFiles() { return dynamic_cast<HostFiles&>(*machine().host); }

std::shared_ptr<HeldFile> HeldFiles::reader() const {
    auto held = writer_.lock();
    return held ? held : reader_.lock();
}

std::shared_ptr<HeldFile> HeldFiles::adopt(int handle) {
    auto held = std::make_shared<HeldFile>(handle);
    writer_ = held;
    return held;
}

int HeldFiles::open(file* f, const std::string& path) {
    const bool writable = f->f_mode & FMODE_WRITE;
    auto held = writable ? writer() : reader();
    if (!held) {
        if (path.empty()) return -ESTALE;
        const int handle = hostFiles().hold(path, writable);
        if (handle < 0) return handle == -EMFILE ? -ENFILE : handle;
        held = std::make_shared<HeldFile>(handle);
        (writable ? writer_ : reader_) = held;
    }
    f->private_data = held;
    return 0;
}

}  // namespace kernel
