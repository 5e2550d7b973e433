// security/commoncap.c: what execve makes of user ids and capabilities (capabilities(7), "Capabilities and execution of programs
// by root"). File capabilities are not modelled, of securebits KEEP_CAPS.
#include "kernel_model/include/linux/binfmts.hpp"

namespace kernel {

static void refuseIdentity(linux_binprm* bprm) {
    struct cred* cred = bprm->cred;
    cred->euid = cred->uid;
    cred->egid = cred->gid;
}

// The ids of the new program, and the capabilities that follow from them; true when they are not the caller's.
static bool settleIdentity(linux_binprm* bprm) {
    struct cred* cred = bprm->cred;
    const struct cred* old = current->cred;
    const bool is_setid = cred->euid != old->uid || cred->egid != old->gid;
    const bool trusted = !bprm->unsafe || (capable(CAP_SETUID) && !current->no_new_privs);
    const bool root = cred->euid == 0;                  // also when the identity is refused then
    u64 permitted = root || cred->uid == 0 ? old->cap_bset | old->cap_inheritable : 0;
    const bool gains = permitted & ~old->cap_permitted;
    if (is_setid && !check("set-id program in a safe process", trusted, bprm->unsafe)) refuseIdentity(bprm);
    if ((is_setid || gains) && bprm->unsafe) permitted &= old->cap_permitted;
    cred->suid = cred->euid;
    cred->fsuid = cred->euid;
    cred->sgid = cred->egid;
    cred->fsgid = cred->egid;
    if (is_setid) cred->cap_ambient = 0;
    cred->cap_permitted = permitted | cred->cap_ambient;
    cred->cap_effective = root ? cred->cap_permitted : cred->cap_ambient;
    cred->securebits &= ~SECBIT_KEEP_CAPS;
    return is_setid;
}

TRACED(int, security_bprm_set_creds, (linux_binprm*, bprm)) {
    const bool effective = bprm->cred->euid == 0;      // also when the identity is refused then
    settleIdentity(bprm);
    bprm->cap_effective = effective;
    return 0;
}

TRACED(int, security_bprm_creds_from_file, (linux_binprm*, bprm), (file*, file)) {
    const bool is_setid = settleIdentity(bprm);
    bprm->secureexec = is_setid || (bprm->cred->uid != 0 && bprm->cred->euid == 0);
    return 0;
}

// AT_SECURE (getauxval(3)): the program runs with more rights than its caller.
bool security_bprm_secureexec(const linux_binprm* bprm) {
    const struct cred* cred = current->cred;
    if (cred->uid != 0 && bprm->cap_effective) return true;
    return cred->euid != cred->uid || cred->egid != cred->gid;
}

}  // namespace kernel
