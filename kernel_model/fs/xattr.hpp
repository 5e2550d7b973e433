// Where extended attributes are kept: in memory, which --disk bounds, or on the host.
#pragma once

#include "kernel_model/include/linux/fs.hpp"

namespace kernel {

constexpr int XATTR_CREATE = 1, XATTR_REPLACE = 2;

// 0 or -errno: ENODATA, EEXIST, ENOSPC, what the host says.
int attribute(const inode*, const std::string& name, std::vector<u8>& value);
int setAttribute(inode*, const std::string& name, std::span<const u8> value, int flags);     // XATTR_*
int removeAttribute(inode*, const std::string& name);
int attributeNames(const inode*, std::vector<std::string>& names);      // in the order in which listxattr(2) shows them

// ---- fs/posix_acl.cpp: system.posix_acl_access, system.posix_acl_default
bool isAccessList(const std::string& name);
int getAccessList(const inode*);            // ENODATA: no file has more than its mode; EOPNOTSUPP
int set_posix_acl(inode*, const std::string& name, std::span<const u8> value);     // no value: takes it away

}  // namespace kernel
