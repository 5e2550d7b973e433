#include "kernel_model/include/file_view.hpp"

#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/linux/mm.hpp"

#include <algorithm>
#include <array>

namespace kernel {

Result<FileView> FileView::of(const std::string& path) {
    auto found = path_lookup(path, AT_FDCWD, true);
    if (!found.ok()) return Failure{found.error()};
    return FileView(*found);
}

FileView::~FileView() {
    if (dentry_) dput(dentry_);
}

std::vector<u8> FileView::read(u64 offset, u64 size) const {
    inode* const node = dentry_->d_inode;
    std::vector<u8> bytes;
    if (!S_ISREG(node->i_mode)) return bytes;
    const auto end = [node] { return static_cast<u64>(std::max<loff_t>(node->i_size, 0)); };    // reading may find it nearer
    while (bytes.size() < size && offset < end()) {
        const pgoff_t index = offset / PAGE_SIZE;
        std::array<u8, PAGE_SIZE> content{};
        const u8* page = content.data();
        if (const auto known = node->i_mapping.page_tree.find(index); known != node->i_mapping.page_tree.end())
            page = page_address(known->second);
        else if (node->i_fop->readpage(node, index, content) < 0)
            break;
        if (offset >= end()) break;
        const u64 from = offset % PAGE_SIZE, n = std::min({size - bytes.size(), PAGE_SIZE - from, end() - offset});
        bytes.insert(bytes.end(), page + from, page + from + n);
        offset += n;
    }
    return bytes;
}

}  // namespace kernel
