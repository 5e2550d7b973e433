// A pseudo-terminal: a terminal whose keys a program types and whose screen it reads (Linux drivers/tty/pty.c; pty(7)).
#pragma once

#include "kernel_model/drivers/tty/tty.hpp"

namespace kernel {

constexpr u32 UNIX98_PTY_MASTER_MAJOR = 128, UNIX98_PTY_SLAVE_MAJOR = 136;
constexpr int NR_UNIX98_PTY_MAX = 4096;

// tty_struct is the slave; the rest is the master's.
struct pty_struct : tty_struct {
    pty_struct(tty_operations*, int its_index, const ktermios&);
    int index;
    bool locked = true;                     // until unlockpt(3)
    int slaves = 0;                         // open files of the slave
    bool slave_gone = false;                // it was open and no longer is (TTY_OTHER_CLOSED of the master)
    bool packet = false;                    // TIOCPKT
    std::deque<u8> screen;                  // written and not read yet
    u32 column = 0;                         // of the cursor, for tabs
    wait_queue_head_t master_wait;
    dentry* name = nullptr;                 // below /dev/pts; holds a reference
};
long ptyMasterIoctl(pty_struct*, file*, unsigned command, u64 arg); // pty_ioctl.cpp

// fs/devpts/inode.cpp (Linux the same)
dentry* devpts_pty_new(const std::shared_ptr<pty_struct>&);         // with a reference
void devpts_pty_kill(dentry*);
file_operations* ptySlaveOperations();

}  // namespace kernel
