// What the files of System V semaphores share (Linux ipc/sem.c).
#pragma once

#include "kernel_model/ipc/util.hpp"

#include <list>
#include <span>
#include <sys/sem.h>
#include <vector>

namespace kernel {

constexpr int SEMVMX_LIMIT = 32767;         // highest value of a semaphore, and of what is to be undone
constexpr u64 SEM_BYTES = 64;               // that one takes of the kernel's memory

struct sem { int semval = 0; pid_t sempid = 0; };
struct sem_array;

// What the end of a process (or of those that share the list) does to the semaphores of one set.
struct sem_undo {
    ~sem_undo() { ipcUncharge(semadj.size() * sizeof(i16)); }
    std::weak_ptr<sem_array> set;
    std::vector<i16> semadj;
};
struct sem_undo_list {
    ~sem_undo_list();                       // the last task with it ends: exit_sem
    std::list<std::shared_ptr<sem_undo>> list_proc;
};

// A semop(2) that sleeps.
struct sem_queue {
    std::vector<sembuf> sops;
    sem_undo* undo = nullptr;
    pid_t pid = 0;
    bool alter = false;
    const sembuf* blocking = nullptr;       // the operation that cannot be done
    task_struct* sleeper = nullptr;
    int status = -EINTR;                    // 0, -ERANGE, -EIDRM when somebody else has decided
};
inline traces::Value traceValue(const sem_queue& q) { return traces::Value::count(static_cast<i64>(q.sops.size())); }

struct sem_array : kern_ipc_perm {
    ~sem_array() override { ipcUncharge(SEM_BYTES * sems.size()); }
    std::vector<sem> sems;
    i64 sem_otime = 0, sem_ctime = 0;       // seconds since 1970
    std::list<sem_queue*> pending;          // oldest first
    std::vector<std::weak_ptr<sem_undo>> list_id;
};

ipc_ids& sem_ids();
int& used_sems();
int perform_atomic_semop(sem_array*, sem_queue&);       // 0: done; 1: it has to wait; -errno
void do_smart_update(sem_array*);                       // values have changed: whoever can go on does
void clearUndo(sem_array*, int semnum, int count);      // SETVAL, SETALL: nobody undoes anything there
void freeary(sem_array*);

}  // namespace kernel
