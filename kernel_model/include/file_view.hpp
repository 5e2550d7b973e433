// A file of the guest as it lies there, for tools (ours): nothing is opened, no page of the guest's memory is taken.
#pragma once

#include "kernel_model/include/linux/fs.hpp"

namespace kernel {

class FileView {
public:
    // By the boot task, from the guest's root, through mounts and symbolic links; the errors of path_resolution(7).
    // While nothing runs: before start_kernel or after it.
    static Result<FileView> of(const std::string& path);
    FileView() = default;
    FileView(FileView&& other) noexcept { std::swap(dentry_, other.dentry_); }
    FileView& operator=(FileView&& other) noexcept {
        std::swap(dentry_, other.dentry_);
        return *this;
    }
    ~FileView();

    umode_t mode() const { return dentry_->d_inode->i_mode; }
    // From `offset` on at most `size` bytes: fewer where the file ends or cannot be read, none unless it is a regular file.
    std::vector<u8> read(u64 offset, u64 size) const;

private:
    explicit FileView(dentry* held) : dentry_(held) {}
    dentry* dentry_ = nullptr;
};

}  // namespace kernel
