// System V semaphores: operations, who waits for them and what an exit undoes (Linux ipc/sem.c; semget(2), semop(2)).
#include "kernel_model/ipc/sem.hpp"

#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/timespec.hpp"

#include <algorithm>
#include <unordered_map>

namespace kernel {
namespace {

using SemSet = std::shared_ptr<sem_array>;
using UndoList = std::shared_ptr<sem_undo_list>;

// task_struct.sysvsem.undo_list of the tasks that have one.
std::unordered_map<const task_struct*, UndoList>& undoLists() {     // for look-up only: its order shows nowhere
    static auto& all = *new std::unordered_map<const task_struct*, UndoList>;
    return all;
}
UndoList get_undo_list() {
    UndoList& list = undoLists()[current];
    if (!list) list = std::make_shared<sem_undo_list>();
    return list;
}

Result<std::shared_ptr<sem_undo>> find_alloc_undo(const SemSet& sma) {
    const UndoList list = get_undo_list();
    for (const auto& undo : list->list_proc)
        if (undo->set.lock() == sma) return undo;
    TRY_INT(ipcCharge(sma->sems.size() * sizeof(i16)));
    auto fresh = std::make_shared<sem_undo>();
    fresh->set = sma;
    fresh->semadj.resize(sma->sems.size());
    std::erase_if(sma->list_id, [](const auto& held) { return held.expired(); });
    list->list_proc.push_back(fresh);
    sma->list_id.push_back(fresh);
    return fresh;
}

TRACED(Result<int>, newary, (key_t, key), (int, nsems), (int, semflg)) {
    if (!nsems) return Failure{-EINVAL};
    if (nsems > ipcVersion().semmns - used_sems()) return Failure{-ENOSPC};
    const u64 bytes = SEM_BYTES * static_cast<u64>(nsems);
    TRY_INT(ipcCharge(bytes));
    auto sma = std::make_shared<sem_array>();
    sma->sems.resize(static_cast<u64>(nsems));
    const int id = TRY(sem_ids().ipc_addid(sma, key, static_cast<umode_t>(semflg & 0777), ipcVersion().semmni));
    sma->sem_ctime = ktime_get_real_seconds();
    used_sems() += nsems;
    return id;
}

void wake_up_sem_queue(sem_queue* q, int status) {
    q->status = status;
    wake_up_process(q->sleeper);
}

struct Ops { std::vector<sembuf> all; int highest = 0; bool alter = false, undos = false; };
Result<Ops> readOps(UserPtr<sembuf> tsops, unsigned nsops) {
    if (nsops < 1) return Failure{-EINVAL};
    if (nsops > static_cast<unsigned>(ipcVersion().semopm)) return Failure{-E2BIG};
    Ops ops;
    ops.all.resize(nsops);
    if (copy_from_user(ops.all.data(), UserPtr<void>(tsops), nsops * sizeof(sembuf))) return Failure{-EFAULT};
    for (const sembuf& op : ops.all) {
        ops.highest = std::max<int>(ops.highest, op.sem_num);
        ops.alter |= op.sem_op != 0;
        ops.undos |= (op.sem_flg & SEM_UNDO) != 0;
    }
    return ops;
}

// Sleeps until somebody else has done the operations, or refused them. ~0: without an end.
long sleepFor(sem_array* sma, sem_queue& q, u64 until) {
    q.sleeper = current;
    sma->pending.push_back(&q);
    long error = -EINTR;
    for (;;) {
        set_current_state(TASK_INTERRUPTIBLE);
        if (until == ~u64{0}) schedule();
        else static_cast<void>(schedule_timeout_until(until));
        if (q.status != -EINTR) return q.status;    // it is off the list
        if (until <= ktime_get()) error = -EAGAIN;
        if (error == -EAGAIN || signal_pending(current)) break;
    }
    sma->pending.remove(&q);
    return error;
}

}  // namespace

ipc_ids& sem_ids() {
    static auto& ids = *new ipc_ids;
    return ids;
}
int& used_sems() {
    static int all = 0;
    return all;
}

namespace {

// One operation: 0, 1 when it has to wait, or -errno.
int performOne(sem& curr, i16* semadj, const sembuf& op, pid_t pid) {
    const int result = curr.semval + op.sem_op;
    if ((!op.sem_op && curr.semval) || result < 0) return op.sem_flg & IPC_NOWAIT ? -EAGAIN : 1;
    if (result > SEMVMX_LIMIT) return -ERANGE;
    if (semadj && (op.sem_flg & SEM_UNDO)) {
        const int undo = *semadj - op.sem_op;
        if (undo < -SEMVMX_LIMIT - 1 || undo > SEMVMX_LIMIT) return -ERANGE;
        *semadj = static_cast<i16>(undo);
    }
    curr = {result, pid};
    return 0;
}

}  // namespace

// All of the operations or none of them.
TRACED(int, perform_atomic_semop, (sem_array*, sma), (sem_queue&, q)) {
    struct Before { sem value; i16 semadj; };
    std::vector<Before> done;
    int error = 0;
    const auto adjusted = [&q](const sembuf& op) { return q.undo ? &q.undo->semadj[op.sem_num] : nullptr; };
    for (const sembuf& op : q.sops) {
        const Before before{sma->sems[op.sem_num], q.undo ? *adjusted(op) : i16{0}};
        error = performOne(sma->sems[op.sem_num], adjusted(op), op, q.pid);
        q.blocking = &op;
        if (error) break;
        done.push_back(before);
    }
    if (!error) return 0;
    for (; !done.empty(); done.pop_back()) {
        const sembuf& op = q.sops[done.size() - 1];
        sma->sems[op.sem_num] = done.back().value;
        if (q.undo) *adjusted(op) = done.back().semadj;
    }
    return error;
}

// From the oldest on: who can go on, or never will. True when one of them has changed a value.
static bool update_queue(sem_array* sma, bool alter) {
    for (auto at = sma->pending.begin(); at != sma->pending.end();) {
        sem_queue* const q = *at;
        const int error = q->alter == alter ? perform_atomic_semop(sma, *q) : 1;
        if (error > 0) {
            ++at;
            continue;
        }
        at = sma->pending.erase(at);
        wake_up_sem_queue(q, error);
        if (error == 0) sma->sem_otime = ktime_get_real_seconds();
        if (error == 0 && alter) return true;
    }
    return false;
}
// Those that wait for zero before those that change something.
void do_smart_update(sem_array* sma) {
    do static_cast<void>(update_queue(sma, false));
    while (update_queue(sma, true));
}

void clearUndo(sem_array* sma, int semnum, int count) {
    for (const auto& held : sma->list_id)
        if (const auto undo = held.lock()) std::fill_n(undo->semadj.begin() + semnum, count, i16{0});
}

TRACED(void, freeary, (sem_array*, sma)) {
    const IpcObject held = *sem_ids().ipc_obtain_object_idr(sma->id);   // to the end of this
    for (const auto& undo : sma->list_id)
        if (const auto still = undo.lock()) still->set.reset();
    for (sem_queue* q : std::exchange(sma->pending, {})) wake_up_sem_queue(q, -EIDRM);
    used_sems() -= static_cast<int>(sma->sems.size());
    sem_ids().ipc_rmid(sma);
}

SYSCALL_DEFINE(3, semget, (int, key), (int, nsems), (int, semflg)) {
    if (nsems < 0 || nsems > ipcVersion().semmsl) return -EINVAL;
    const auto large = [nsems](kern_ipc_perm* p) {
        return static_cast<u64>(nsems) > static_cast<sem_array*>(p)->sems.size() ? -EINVAL : 0;
    };
    return ipcget(sem_ids(), key, semflg, {[&] { return newary(key, nsems, semflg); }, large});
}

static TRACED(long, do_semtimedop, (int, semid), (UserPtr<sembuf>, tsops), (unsigned, nsops), (UserPtr<timespec>, timeout)) {
    Ops ops = TRY(readOps(tsops, nsops));
    if (semid < 0) return -EINVAL;
    u64 until = ~u64{0};
    if (timeout) {
        const timespec time = TRY(get_user(timeout));
        if (!timespec_valid(time)) return -EINVAL;
        until = ktime_get() + timespec_to_ns(time);
    }
    const SemSet sma = TRY(objectOf<sem_array>(sem_ids(), semid));
    if (static_cast<u64>(ops.highest) >= sma->sems.size()) return -EFBIG;
    if (ipcperms(sma.get(), ops.alter ? 0222 : 0444)) return -EACCES;
    std::shared_ptr<sem_undo> undo;
    if (ops.undos) undo = TRY(find_alloc_undo(sma));
    sem_queue q{std::move(ops.all), undo.get(), current->tgid, ops.alter};
    const int error = perform_atomic_semop(sma.get(), q);
    if (error < 0) return error;
    if (error > 0) return sleepFor(sma.get(), q, until);
    sma->sem_otime = ktime_get_real_seconds();
    if (q.alter) do_smart_update(sma.get());
    return 0;
}
SYSCALL_DEFINE(4, semtimedop, (int, semid), (Bytes<sembuf>, tsops), (unsigned, nsops), (UserPtr<timespec>, timeout)) {
    return do_semtimedop(semid, tsops, nsops, timeout);
}
SYSCALL_DEFINE(3, semop, (int, semid), (Bytes<sembuf>, tsops), (unsigned, nsops)) { return do_semtimedop(semid, tsops, nsops, {}); }

// ---- The life of a task. An exec keeps the list; a new process begins without one (semop(2)).

TRACED(int, copy_semundo, (u64, clone_flags), (task_struct*, tsk)) {
    if (clone_flags & CLONE_SYSVSEM) undoLists()[tsk] = get_undo_list();
    return 0;
}
TRACED(void, exit_sem, (task_struct*, tsk)) { undoLists().erase(tsk); }

// A value leaves neither end of its range (Linux clamps where semop(2) would wait).
sem_undo_list::~sem_undo_list() {
    for (const auto& undo : list_proc) {
        const SemSet sma = undo->set.lock();
        if (!sma) continue;
        for (u64 i = 0; i < sma->sems.size(); ++i) {
            if (!undo->semadj[i]) continue;
            sma->sems[i].semval = std::clamp(sma->sems[i].semval + undo->semadj[i], 0, SEMVMX_LIMIT);
            sma->sems[i].sempid = current->tgid;
        }
        do_smart_update(sma.get());
    }
}

}  // namespace kernel
