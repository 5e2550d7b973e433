// Which process group a terminal listens to (Linux drivers/tty/tty_jobctrl.c, in v3.10 tty_io.c; credentials(7), tty_ioctl(4)).
#include "kernel_model/drivers/tty/tty.hpp"

#include "kernel_model/include/linux/signal.hpp"
#include "kernel_model/include/version/process.hpp"
#include "kernel_model/kernel/exit.hpp"

namespace kernel {
namespace {

void refer(pid*& to, pid* number) {
    if (number) ++number->count;
    put_pid(std::exchange(to, number));
}
bool is_ignored(int signal) {
    return current->blocked & sigmask(signal) ||
           current->sighand->action[static_cast<std::size_t>(signal - 1)].sa_handler == 1;    // SIG_IGN
}

void __proc_set_tty(tty_struct* tty) {
    refer(tty->session, task_session(current));
    refer(tty->pgrp, task_pgrp(current));
    current->signal->tty = tty;
}

void session_clear_tty(pid* session) {
    if (!session) return;
    for (task_struct* p : session->tasks[PIDTYPE_SID]) p->signal->tty = nullptr;
}

long tiocsctty(tty_struct* tty, const file* filp, u64 arg) {
    signal_struct* const signal = current->signal;
    pid* const session = task_session(current);
    if (signal->leader && session == tty->session) return 0;
    if (!signal->leader || signal->tty) return -EPERM;
    if (tty->session) {
        if (arg != 1 || !capable(CAP_SYS_ADMIN)) return -EPERM;
        session_clear_tty(tty->session);
    }
    if (!(filp->f_mode & FMODE_READ) && !capable(CAP_SYS_ADMIN)) return -EPERM;
    __proc_set_tty(tty);
    return 0;
}

long tiocspgrp(tty_struct* tty, u64 arg) {
    if (const int error = tty_check_change(tty)) return error == -EIO ? -ENOTTY : error;
    pid* const session = task_session(current);
    const bool own = current->signal->tty == tty && tty->session == session;
    if (!own && !version().process.groupBeforeTerminal) return -ENOTTY;
    const int number = TRY(get_user(UserPtr<int>{arg}));
    if (number < 0) return -EINVAL;
    if (!own) return -ENOTTY;
    pid* const group = find_vpid(number);
    if (!group) return -ESRCH;
    const auto& members = group->tasks[PIDTYPE_PGID].empty() ? group->tasks[PIDTYPE_PID] : group->tasks[PIDTYPE_PGID];
    if (members.empty() || task_session(members.front()) != session) return -EPERM;     // session_of_pgrp
    refer(tty->pgrp, group);
    return 0;
}

long putNumber(const tty_struct* tty, const pid* number, u64 arg) {
    if (current->signal->tty != tty) return -ENOTTY;
    return put_user(number ? number->nr.get() : 0, UserPtr<int>{arg});
}

void leaveTerminal(tty_struct* tty) {
    refer(tty->session, nullptr);
    refer(tty->pgrp, nullptr);
    session_clear_tty(task_session(current));
}

long tiocnotty(const tty_struct* tty) {
    if (current->signal->tty != tty) return -ENOTTY;
    disassociate_ctty(0);
    current->signal->tty = nullptr;
    return 0;
}

}  // namespace

// The number of a group that is gone may belong to another one by now.
void signalGroup(const pid* group, int signal, int priv) {
    if (group && find_vpid(group->nr) == group) kill_pgrp(group->nr, signal, priv);
}

// A background process may not go on: 0; -ERESTARTSYS, its group has got the signal; -EIO where that would stop it for ever.
TRACED(int, __tty_check_change, (tty_struct*, tty), (int, sig)) {
    if (current->signal->tty != tty || !tty->pgrp) return 0;
    const pid* const group = task_pgrp(current);
    if (group == tty->pgrp) return 0;
    if (is_ignored(sig)) return sig == SIGTTIN ? -EIO : 0;
    if (is_current_pgrp_orphaned()) return -EIO;
    signalGroup(group, sig);
    current->sigpending_flag = true;        // another thread may take the signal: the call is made again behind it
    return -ERESTARTSYS;
}
int tty_check_change(tty_struct* tty) { return __tty_check_change(tty, SIGTTOU); }

// A session leader that has no terminal gets the one it opens.
void tty_open_proc_set_tty(file* filp, tty_struct* tty) {
    if (filp->f_flags & O_NOCTTY || !(filp->f_mode & FMODE_READ)) return;
    if (current->signal->leader && !current->signal->tty && !tty->session) __proc_set_tty(tty);
}

long tty_jobctrl_ioctl(tty_struct* tty, unsigned command, u64 arg, const file* filp) {
    switch (command) {
        case 0x540e: return tiocsctty(tty, filp, arg);                  // TIOCSCTTY
        case 0x5422: return tiocnotty(tty);                             // TIOCNOTTY
        case 0x540f: return putNumber(tty, tty->pgrp, arg);             // TIOCGPGRP
        case 0x5410: return tiocspgrp(tty, arg);                        // TIOCSPGRP
        case 0x5429: return tty->session ? putNumber(tty, tty->session, arg) : -ENOTTY;     // TIOCGSID
        default: return -ENOTTY;
    }
}

// A session leader gives its terminal up, or ends. The terminal goes on, as a pseudo-terminal's slave does.
TRACED(void, disassociate_ctty, (int, on_exit)) {
    if (!current->signal->leader) return;
    tty_struct* const tty = current->signal->tty;
    if (!tty) return;
    signalGroup(tty->pgrp, SIGHUP, on_exit);
    if (!on_exit) signalGroup(tty->pgrp, SIGCONT, on_exit);
    leaveTerminal(tty);
}

static void tty_signal_session_leader(const pid* session) {
    for (task_struct* p : session->tasks[PIDTYPE_SID]) {
        p->signal->tty = nullptr;
        if (!p->signal->leader) continue;
        group_send_sig_info(SIGHUP, kernelSiginfo(SIGHUP), p);
        group_send_sig_info(SIGCONT, kernelSiginfo(SIGCONT), p);
    }
}

TRACED(void, tty_hangup, (tty_struct*, tty)) {
    tty->hung_up = true;
    if (tty->session) tty_signal_session_leader(tty->session);
    refer(tty->session, nullptr);
    refer(tty->pgrp, nullptr);
    wake_up(tty->read_wait);
    wake_up(tty->write_wait);
}

}  // namespace kernel
