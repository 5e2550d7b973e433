// Looking at semaphores and setting them (Linux ipc/sem.c; semctl(2), /proc/sysvipc/sem).
#include "kernel_model/ipc/sem.hpp"

#include "kernel_model/fs/proc/internal.hpp"

#include <algorithm>

namespace kernel {
namespace {

using SemSet = std::shared_ptr<sem_array>;

long semctl_info(int cmd, u64 p) {
    const IpcVersion& limits = ipcVersion();
    seminfo info{};
    info.semmni = limits.semmni;
    info.semmns = info.semmap = info.semmnu = limits.semmns;
    info.semmsl = limits.semmsl;
    info.semopm = info.semume = limits.semopm;
    info.semvmx = info.semaem = SEMVMX_LIMIT;
    info.semusz = 20;
    if (cmd == SEM_INFO) {
        info.semusz = sem_ids().in_use();
        info.semaem = used_sems();
    }
    TRY_INT(put_user(info, UserPtr<seminfo>{p}));
    return std::max(sem_ids().ipc_get_maxidx(), 0);
}

long semctl_stat(int semid, Stat by, u64 p) {
    const SemSet sma = TRY(objectToStat<sem_array>(sem_ids(), semid, by));
    semid_ds out{};
    out.sem_perm = kernel_to_ipc64_perm(sma.get());
    out.sem_otime = sma->sem_otime;
    out.sem_ctime = sma->sem_ctime;
    out.sem_nsems = sma->sems.size();
    TRY_INT(put_user(out, UserPtr<semid_ds>{p}));
    return by == Stat::id ? 0 : sma->id;
}

long semctl_setval(int semid, int semnum, int val) {
    if (val > SEMVMX_LIMIT || val < 0) return -ERANGE;
    const SemSet sma = TRY(objectOf<sem_array>(sem_ids(), semid));
    if (semnum < 0 || static_cast<u64>(semnum) >= sma->sems.size()) return -EINVAL;
    if (ipcperms(sma.get(), 0222)) return -EACCES;
    clearUndo(sma.get(), semnum, 1);
    sma->sems[static_cast<u64>(semnum)] = {val, current->tgid};
    sma->sem_ctime = ktime_get_real_seconds();
    do_smart_update(sma.get());
    return 0;
}

long getAll(const sem_array* sma, u64 p) {
    std::vector<u16> values;
    for (const sem& s : sma->sems) values.push_back(static_cast<u16>(s.semval));
    return copy_to_user(UserPtr<void>(p), values.data(), values.size() * sizeof(u16)) ? -EFAULT : 0;
}
long setAll(sem_array* sma, u64 p) {
    std::vector<u16> values(sma->sems.size());
    if (copy_from_user(values.data(), UserPtr<void>(p), values.size() * sizeof(u16))) return -EFAULT;
    if (std::ranges::any_of(values, [](u16 v) { return v > SEMVMX_LIMIT; })) return -ERANGE;
    for (u64 i = 0; i < values.size(); ++i) {
        sma->sems[i].semval = values[i];
        if (ipcVersion().setall_sets_pid) sma->sems[i].sempid = current->tgid;
    }
    clearUndo(sma, 0, static_cast<int>(values.size()));
    sma->sem_ctime = ktime_get_real_seconds();
    do_smart_update(sma);
    return 0;
}

// count_semcnt: who sleeps because of that semaphore, for zero or for more.
long waiters(const sem_array* sma, int semnum, bool for_zero) {
    return std::ranges::count_if(sma->pending, [&](const sem_queue* q) {
        return q->blocking->sem_num == semnum && (q->blocking->sem_op == 0) == for_zero;
    });
}

long semctl_main(int semid, int semnum, int cmd, u64 p) {
    const SemSet sma = TRY(objectOf<sem_array>(sem_ids(), semid));
    if (ipcperms(sma.get(), cmd == SETALL ? 0222 : 0444)) return -EACCES;
    if (cmd == GETALL) return getAll(sma.get(), p);
    if (cmd == SETALL) return setAll(sma.get(), p);
    if (semnum < 0 || static_cast<u64>(semnum) >= sma->sems.size()) return -EINVAL;
    const sem& curr = sma->sems[static_cast<u64>(semnum)];
    switch (cmd) {
        case GETVAL: return curr.semval;
        case GETPID: return curr.sempid;
        case GETNCNT: return waiters(sma.get(), semnum, false);
        default: return waiters(sma.get(), semnum, true);
    }
}

long semctl_down(int semid, int cmd, u64 p) {
    semid_ds in{};
    if (cmd == IPC_SET) in = TRY(get_user(UserPtr<semid_ds>{p}));
    const SemSet sma = TRY(objectOf<sem_array>(sem_ids(), semid));
    TRY_INT(mayControl(sma.get()));
    if (cmd == IPC_RMID) {
        freeary(sma.get());
        return 0;
    }
    ipc_update_perm(in.sem_perm, sma.get());
    sma->sem_ctime = ktime_get_real_seconds();
    return 0;
}

}  // namespace

SYSCALL_DEFINE(4, semctl, (int, semid), (int, semnum), (int, cmd), (u64, arg)) {
    if (semid < 0) return -EINVAL;
    switch (cmd) {
        case IPC_INFO: case SEM_INFO: return semctl_info(cmd, arg);
        case SEM_STAT_ANY: return ipcVersion().stat_any ? semctl_stat(semid, Stat::slot_of_any, arg) : -EINVAL;
        case SEM_STAT: return semctl_stat(semid, Stat::slot, arg);
        case IPC_STAT: return semctl_stat(semid, Stat::id, arg);
        case GETALL: case GETVAL: case GETPID: case GETNCNT: case GETZCNT: case SETALL: return semctl_main(semid, semnum, cmd, arg);
        case SETVAL: return semctl_setval(semid, semnum, static_cast<int>(arg));
        case IPC_RMID: case IPC_SET: return semctl_down(semid, cmd, arg);
        default: return -EINVAL;
    }
}

std::string showSysvSem() {
    std::string s = "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n";
    for (const auto& [slot, object] : sem_ids().slots()) {
        const auto* sma = static_cast<const sem_array*>(object.get());
        s += format("%10d %10d  %4o %10zu ", sma->key, sma->id, sma->mode, sma->sems.size()) + showPerm(sma) +
             format(" %10lld %10lld\n", static_cast<long long>(sma->sem_otime), static_cast<long long>(sma->sem_ctime));
    }
    return s;
}

}  // namespace kernel
