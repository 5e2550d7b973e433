// What the files of POSIX message queues share (Linux ipc/mqueue.c; mq_overview(7)).
#pragma once

#include "kernel_model/fs/internal.hpp"

#include <list>
#include <map>
#include <vector>

namespace kernel {

struct mq_attr { i64 mq_flags, mq_maxmsg, mq_msgsize, mq_curmsgs, reserved[4]; };
struct mq_message { u32 priority; std::vector<u8> text; };

struct mq_waiter {                          // asleep in mq_timedsend, or in mq_timedreceive
    task_struct* task = nullptr;
    mq_message message;                     // to send; or what it was given
    bool ready = false;                     // done by who came
};

struct mqueue_inode_info {
    ~mqueue_inode_info();                   // gives back what the user was charged
    mq_attr attr{};
    u64 qsize = 0;                          // bytes in all messages
    std::map<u32, std::list<mq_message>, std::greater<>> messages;      // by priority, oldest first
    std::list<mq_waiter*> senders, receivers;
    wait_queue_head_t wait_q;               // poll(2)
    uid_t user = 0;
    u64 charged = 0;
    // Who is told when a message comes to the empty queue; 0: nobody.
    pid_t notify_owner = 0;
    u32 notify_self_exec_id = 0;
    int notify_how = 0, notify_signo = 0;
    u64 notify_value = 0;
};
inline traces::Value traceValue(const mqueue_inode_info* info) { return traces::Value::count(info->attr.mq_curmsgs); }
file_operations* mqueueOperations();
mqueue_inode_info* mqueueOf(const file*);   // null: no message queue
void __do_notify(mqueue_inode_info*);

}  // namespace kernel
