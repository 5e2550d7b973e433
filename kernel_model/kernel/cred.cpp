// kernel/cred.c: credentials are copied, changed and then committed as a whole (credentials(7)).
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/coredump.hpp"

namespace kernel {

static void copyCred(cred* to, const cred* from) {
    to->uid = from->uid;
    to->gid = from->gid;
    to->suid = from->suid;
    to->sgid = from->sgid;
    to->euid = from->euid;
    to->egid = from->egid;
    to->fsuid = from->fsuid;
    to->fsgid = from->fsgid;
    to->cap_permitted = from->cap_permitted;
    to->cap_effective = from->cap_effective;
    to->cap_inheritable = from->cap_inheritable;
    to->cap_bset = from->cap_bset;
    to->cap_ambient = from->cap_ambient;
    to->securebits = from->securebits;
    to->groups = from->groups;
}

static cred* get_cred(cred* cred) {
    cred->usage += 1;
    return cred;
}

TRACED(OrNull<cred>, prepare_creds) {
    auto* fresh = new cred;
    copyCred(fresh, current->cred);
    return fresh;
}

// Without the keyrings of the old program, which are not modelled.
TRACED(OrNull<cred>, prepare_exec_creds) { return prepare_creds(); }

void put_cred(cred* cred) {
    BUG_ON(cred->usage < 1);
    cred->usage -= 1;
    if (cred->usage == 0) delete cred;
}

TRACED(void, abort_creds, (cred*, fresh)) { put_cred(fresh); }

TRACED(cred*, override_creds, (cred*, fresh)) {
    cred* old = current->cred;
    current->cred = get_cred(fresh);
    return old;
}
TRACED(void, revert_creds, (cred*, old)) {
    cred* override = current->cred;
    current->cred = old;
    put_cred(override);
}

static bool gainsOrChangesRights(const cred* old, const cred* fresh) {
    return old->euid != fresh->euid || old->egid != fresh->egid || old->fsuid != fresh->fsuid || old->fsgid != fresh->fsgid ||
           (fresh->cap_permitted & ~old->cap_permitted);
}

TRACED(int, commit_creds, (cred*, fresh)) {
    task_struct* tsk = current;
    cred* old = tsk->real_cred;
    BUG_ON(tsk->cred.get() != old);
    get_cred(fresh);        // one for real_cred, one for cred
    if (fresh->uid != old->uid) {
        ++processesOfUser(fresh->uid);
        --processesOfUser(old->uid);
    }
    if (gainsOrChangesRights(old, fresh)) {
        if (tsk->mm) set_dumpable(tsk->mm, SUID_DUMP_DISABLE);
        tsk->pdeath_signal = 0;
    }
    tsk->real_cred = fresh;
    tsk->cred = fresh;
    put_cred(old);
    put_cred(old);
    return 0;
}

// fork: a thread shares its group's credentials, a process gets a copy.
TRACED(int, copy_creds, (task_struct*, p), (u64, clone_flags)) {
    cred* fresh = p->cred;
    if (clone_flags & CLONE_THREAD) get_cred(fresh);
    else fresh = prepare_creds();
    if (!fresh) return -ENOMEM;
    p->real_cred = fresh;
    p->cred = get_cred(fresh);
    ++processesOfUser(fresh->uid);
    return 0;
}

TRACED(void, exit_creds, (task_struct*, tsk)) {
    cred* real = tsk->real_cred;
    cred* subjective = tsk->cred;
    tsk->real_cred = nullptr;
    put_cred(real);
    tsk->cred = nullptr;
    put_cred(subjective);
}

bool capable(Capability capability) { return cap_raised(current->cred->cap_effective, capability); }

}  // namespace kernel
