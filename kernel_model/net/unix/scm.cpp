// Descriptors and credentials in messages of AF_UNIX (Linux net/unix/scm.c).
#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/net/af_unix.hpp"

namespace kernel {
namespace {

std::map<uid_t, u64>& inflightOfUser() {    // user_struct.unix_inflight
    static auto& counts = *new std::map<uid_t, u64>;
    return counts;
}
bool too_many_unix_fds() {
    const auto at = inflightOfUser().find(current->cred->uid);
    if (at == inflightOfUser().end() || at->second <= rlimit_cur(RLIMIT_NOFILE)) return false;
    return !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN);
}

int unix_attach_fds(scm_cookie& scm, sk_buff& skb) {
    if (too_many_unix_fds()) return -ETOOMANYREFS;
    skb.fp = std::move(scm.fp);
    skb.fp->uid = current->cred->uid;
    inflightOfUser()[skb.fp->uid] += skb.fp->fp.size();
    for (const file* f : skb.fp->fp) unix_inflight(f);
    return 0;
}

}  // namespace

std::unique_ptr<scm_fp_list> unix_detach_fds(sk_buff& skb) {
    auto& count = inflightOfUser()[skb.fp->uid];
    count -= skb.fp->fp.size();
    if (!count) inflightOfUser().erase(skb.fp->uid);
    for (const file* f : skb.fp->fp) unix_notinflight(f);
    return std::move(skb.fp);
}

// Linux unix_scm_to_skb and maybe_add_creds. Without a receiver, the latter is the caller's.
int unix_scm_to_skb(scm_cookie& scm, sk_buff& skb, const socket* from, const unix_sock* to) {
    skb.creds = scm.creds;
    if (scm.fp) TRY_INT(unix_attach_fds(scm, skb));
    if (!skb.creds && to && (from->passcred || !to->sk_socket || to->sk_socket->passcred)) skb.creds = currentCredentials();
    return 0;
}

}  // namespace kernel
