// Extended attributes of the host's files below paths of --bind HOST:GUEST:rw, user.* alone (xattr(7)).
#include "emu/host_gateway.hpp"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace emu {
namespace {

bool isUsers(const std::string& name) { return name.starts_with("user."); }

// The calls of f*xattr do not take O_PATH descriptors.
class Self {
public:
    explicit Self(const Descriptor& file) : path_("/proc/self/fd/" + std::to_string(file.get())) {}
    const char* path() const { return path_.c_str(); }
    i64 cost(const std::string& name) const {       // bytes that it takes now
        const ssize_t size = ::getxattr(path(), name.c_str(), nullptr, 0);
        return size < 0 ? 0 : size + static_cast<i64>(name.size());
    }

private:
    std::string path_;
};

}  // namespace

int Gateway::writableFile(const std::string& path, int handle, Descriptor& opened) const {
    int fd = -1;
    if (const auto held = held_.find(handle); held != held_.end()) {
        fd = orErrno(::fcntl(held->second.file.get(), F_DUPFD_CLOEXEC, 0));
    } else {
        Place where;
        if (const int error = place(path, where); error < 0) return error;
        if (!where.writable) return -EROFS;
        fd = openBelow(where, O_PATH | O_NOFOLLOW);
    }
    if (fd < 0) return fd;
    opened = Descriptor{fd};
    return 0;
}

int Gateway::listAttributes(const std::string& path, int handle, std::vector<std::string>& names) {
    Descriptor file;
    if (const int error = writableFile(path, handle, file); error < 0) return error;
    std::vector<char> list(XATTR_LIST_MAX);
    const ssize_t size = ::listxattr(Self(file).path(), list.data(), list.size());
    if (size < 0) return -errno;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size); at += names.back().size() + 1) names.emplace_back(list.data() + at);
    std::erase_if(names, [](const std::string& name) { return !isUsers(name); });
    return 0;
}

int Gateway::attribute(const std::string& path, int handle, const std::string& name, std::vector<u8>& value) {
    Descriptor file;
    if (const int error = writableFile(path, handle, file); error < 0) return error;
    if (!isUsers(name)) return -EOPNOTSUPP;
    value.resize(XATTR_SIZE_MAX);
    const ssize_t size = ::getxattr(Self(file).path(), name.c_str(), value.data(), value.size());
    value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return size < 0 ? -errno : 0;
}

int Gateway::setAttribute(const std::string& path, int handle, const std::string& name, std::span<const u8> value, int flags) {
    Descriptor file;
    if (const int error = writableFile(path, handle, file); error < 0) return error;
    if (!isUsers(name)) return -EOPNOTSUPP;
    if (!disk_.hasRoom(name.size() + value.size())) return -ENOSPC;
    const Self self(file);
    const i64 before = self.cost(name);
    if (::setxattr(self.path(), name.c_str(), value.data(), value.size(), flags) < 0) return -errno;
    disk_.account(self.cost(name) - before);
    return 0;
}

int Gateway::removeAttribute(const std::string& path, int handle, const std::string& name) {
    Descriptor file;
    if (const int error = writableFile(path, handle, file); error < 0) return error;
    if (!isUsers(name)) return -EOPNOTSUPP;
    const Self self(file);
    const i64 before = self.cost(name);
    if (::removexattr(self.path(), name.c_str()) < 0) return -errno;
    disk_.account(-before);
    return 0;
}

}  // namespace emu
