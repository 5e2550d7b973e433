// What travels with a message beside its bytes (Linux include/net/scm.h): descriptors and credentials.
#pragma once

#include "kernel_model/include/linux/net.hpp"

namespace kernel {

constexpr std::size_t SCM_MAX_FD = 253;

// Open files, each with a reference.
struct scm_fp_list {
    scm_fp_list() = default;
    scm_fp_list(const scm_fp_list&) = delete;
    scm_fp_list& operator=(const scm_fp_list&) = delete;
    ~scm_fp_list();
    std::unique_ptr<scm_fp_list> dup() const;
    std::vector<file*> fp;
    uid_t uid = 0;                          // whose limit they count against while in flight
};
struct scm_creds { int pid = 0; uid_t uid = ~0u; gid_t gid = ~0u; bool operator==(const scm_creds&) const = default; };
struct scm_cookie {
    std::unique_ptr<scm_fp_list> fp;
    std::optional<scm_creds> creds;
};

// ---- net/core/scm.cpp
int scm_send(const msghdr&, scm_cookie&);
void scm_recv(const socket*, msghdr&, scm_cookie&, u32 flags);
void put_cmsg(msghdr&, int level, int type, std::span<const u8> data);
scm_creds currentCredentials();

}  // namespace kernel
