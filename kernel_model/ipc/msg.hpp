// What the files of System V message queues share (Linux ipc/msg.c).
#pragma once

#include "kernel_model/ipc/util.hpp"

#include <list>
#include <sys/msg.h>
#include <vector>

namespace kernel {

constexpr u64 MSGMAX_DEFAULT = 8192, MSGMNB_DEFAULT = 16384;    // bytes of a message, of a queue
constexpr u64 MSG_HEADER = 48;              // that a message takes of the kernel's memory beside its bytes

struct msg_msg {
    msg_msg() = default;
    msg_msg(const msg_msg&) = delete;
    msg_msg& operator=(const msg_msg&) = delete;
    ~msg_msg() { if (is_charged) ipcUncharge(MSG_HEADER + text.size()); }
    long m_type = 0;
    std::vector<u8> text;
    bool is_charged = false;
};
using Message = std::shared_ptr<msg_msg>;

// Which messages a msgrcv(2) takes.
enum class SearchMode : u8 { any, equal, not_equal, less_equal, number };
struct MessageFilter { SearchMode mode = SearchMode::any; long type = 0; };

struct msg_receiver {                       // asleep in msgrcv(2)
    task_struct* r_tsk = nullptr;
    MessageFilter filter;
    u64 r_maxsize = 0;
    Message r_msg;                          // what it was given
    int r_error = -EAGAIN;                  // 0 with r_msg; -E2BIG, -EIDRM
};
struct msg_sender {                         // asleep in msgsnd(2)
    task_struct* tsk = nullptr;
    u64 msgsz = 0;
};

struct msg_queue : kern_ipc_perm {
    i64 q_stime = 0, q_rtime = 0, q_ctime = 0;      // seconds since 1970
    u64 q_cbytes = 0, q_qbytes = MSGMNB_DEFAULT;
    pid_t q_lspid = 0, q_lrpid = 0;
    std::list<Message> q_messages;
    std::list<msg_receiver*> q_receivers;
    std::list<msg_sender*> q_senders;
};
inline bool msg_fits_inqueue(const msg_queue* msq, u64 msgsz) {
    return msgsz + msq->q_cbytes <= msq->q_qbytes && 1 + msq->q_messages.size() <= msq->q_qbytes;
}

ipc_ids& msg_ids();
int msg_ctlmni();                           // most queues
void ss_wakeup(msg_queue*);                 // senders may find room, or the queue gone
void expunge_all(msg_queue*, int error);    // receivers look again (-EAGAIN), or go
void freeque(msg_queue*);

}  // namespace kernel
