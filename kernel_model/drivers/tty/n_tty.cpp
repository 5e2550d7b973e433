// The line discipline (Linux drivers/tty/n_tty.c; termios(3)): from keys to what read(2) gives.
#include "kernel_model/drivers/tty/tty.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr u64 DECISECOND = 100'000'000, FOREVER = ~u64{0};

bool local(const tty_struct* tty, u32 flag) { return tty->termios.c_lflag & flag; }
bool input(const tty_struct* tty, u32 flag) { return tty->termios.c_iflag & flag; }
bool is(const tty_struct* tty, u8 c, ControlCharacter which) { return c && c == tty->termios.c_cc[which]; }

// A line may have 4095 bytes and its end; what is typed behind them is lost.
void put_tty_queue(tty_struct* tty, Key key) {
    n_tty_data& line = tty->ldisc;
    if (line.read_buf.size() >= N_TTY_BUF_SIZE - (key.ends_line ? 0 : 1)) {
        if (input(tty, IMAXBEL)) echo(tty, "\a");
        return;
    }
    line.read_buf.push_back(key);
}

constexpr Key END_OF_FILE{0, true, true};
void endLine(tty_struct* tty, Key key) {
    put_tty_queue(tty, key);
    tty->ldisc.finished = tty->ldisc.read_buf.size();
}

void takePlainKey(tty_struct* tty, u8 c) {
    echoKey(tty, c);
    put_tty_queue(tty, {c, false, false});
}

bool flowControl(tty_struct* tty, u8 c) {
    if (!input(tty, IXON)) return false;
    if (is(tty, c, VSTART)) start_tty(tty);
    else if (is(tty, c, VSTOP)) stop_tty(tty);
    else return false;
    return true;
}

bool signalCharacter(tty_struct* tty, u8 c) {
    if (!local(tty, ISIG)) return false;
    const int signal = is(tty, c, VINTR) ? SIGINT : is(tty, c, VQUIT) ? SIGQUIT : is(tty, c, VSUSP) ? SIGTSTP : 0;
    if (!signal) return false;
    isig(signal, tty);
    if (input(tty, IXON)) start_tty(tty);
    if (local(tty, ECHO)) echo_char(tty, c);
    commit_echoes(tty);
    return true;
}

void reprint(tty_struct* tty, u8 c) {
    echo_char(tty, c);
    echo(tty, "\n");
    for (u64 i = tty->ldisc.finished; i < tty->ldisc.read_buf.size(); ++i) echo_char(tty, tty->ldisc.read_buf[i].c);
}

// The keys that edit or end a line.
bool editLine(tty_struct* tty, u8 c) {
    const bool extended = local(tty, IEXTEN);
    if (is(tty, c, VERASE) || is(tty, c, VKILL) || (is(tty, c, VWERASE) && extended)) {
        eraser(tty, c);
    } else if (is(tty, c, VLNEXT) && extended) {
        tty->ldisc.lnext = true;
        if (local(tty, ECHO) && local(tty, ECHOCTL)) echo(tty, "^\b");
    } else if (is(tty, c, VREPRINT) && extended && local(tty, ECHO)) {
        reprint(tty, c);
    } else if (is(tty, c, VEOF)) {
        endLine(tty, END_OF_FILE);
    } else if (c == '\n' || is(tty, c, VEOL) || (is(tty, c, VEOL2) && extended)) {
        echoKey(tty, c);
        endLine(tty, {c, true, false});
    } else {
        return false;
    }
    return true;
}

void n_tty_receive_char(tty_struct* tty, u8 c) {
    if (input(tty, ISTRIP)) c &= 0x7f;
    if (input(tty, IUCLC) && local(tty, IEXTEN) && c >= 'A' && c <= 'Z') c |= 0x20;
    if (std::exchange(tty->ldisc.lnext, false)) return takePlainKey(tty, c);
    if (flowControl(tty, c) || signalCharacter(tty, c)) return;
    if (tty->stopped && input(tty, IXON) && input(tty, IXANY)) start_tty(tty);
    if (c == '\r') {
        if (input(tty, IGNCR)) return;
        if (input(tty, ICRNL)) c = '\n';
    } else if (c == '\n' && input(tty, INLCR)) {
        c = '\r';
    }
    if (!local(tty, ICANON) || !editLine(tty, c)) return takePlainKey(tty, c);
    commit_echoes(tty);
}

bool input_available_p(const tty_struct* tty, bool poll) {
    const n_tty_data& line = tty->ldisc;
    if (local(tty, ICANON)) return line.finished > 0;
    const u64 wanted = poll && !tty->termios.c_cc[VTIME] ? std::max<u64>(tty->termios.c_cc[VMIN], 1) : 1;
    return line.read_buf.size() >= wanted;
}

Key takeKey(n_tty_data& line) {
    const Key key = line.read_buf.front();
    line.read_buf.pop_front();
    if (line.finished) --line.finished;
    return key;
}

u64 copyLine(n_tty_data& line, std::span<u8> to) {
    u64 n = 0;
    while (n < to.size()) {
        const Key key = takeKey(line);
        if (!key.end_of_file) to[n++] = key.c;
        if (key.ends_line || !line.finished) return n;
    }
    if (line.finished && line.read_buf.front().end_of_file) static_cast<void>(takeKey(line));   // it would read as end of file
    return n;
}

u64 copyKeys(n_tty_data& line, std::span<u8> to) {
    const u64 n = std::min<u64>(to.size(), line.read_buf.size());
    for (u64 i = 0; i < n; ++i) to[i] = takeKey(line).c;
    return n;
}

// Sleeps until a key comes or the time has come. 0, -EAGAIN for a file that does not wait, -ERESTARTSYS.
long waitForKeys(tty_struct* tty, const file* filp, u64 until) {
    if (filp->f_flags & O_NONBLOCK) return -EAGAIN;
    if (signal_pending(current)) return -ERESTARTSYS;
    tty->read_wait.task_list.push_back(current);
    set_current_state(TASK_INTERRUPTIBLE);
    if (until == FOREVER) schedule();
    else static_cast<void>(schedule_timeout_until(until));
    tty->read_wait.task_list.remove(current);
    return 0;
}

struct Patience { u64 minimum = 1, until = FOREVER, between = 0; };    // bytes; virtual ns: for the first one, from one to the next
Patience patienceOf(const tty_struct* tty) {
    Patience p;
    if (local(tty, ICANON)) return p;
    const u64 time = tty->termios.c_cc[VTIME] * DECISECOND;
    if (tty->termios.c_cc[VMIN]) {
        p.minimum = tty->termios.c_cc[VMIN];
        p.between = time;
    } else {
        p.until = ktime_get() + time;
    }
    return p;
}

}  // namespace

void isig(int signal, tty_struct* tty) {
    signalGroup(tty->pgrp, signal);
    if (local(tty, NOFLSH)) return;
    dropEchoes(tty);
    n_tty_flush_buffer(tty);
}

void n_tty_flush_buffer(tty_struct* tty) {
    tty->ldisc.read_buf.clear();
    tty->ldisc.finished = 0;
    tty->ldisc.lnext = false;
    tty->ops->unthrottle(tty);
}

// What does not fit waits with who typed it.
u64 roomFor(const n_tty_data& line, u64 most) {
    if (line.read_buf.size() < N_TTY_BUF_SIZE / 2) return most;
    return line.read_buf.size() < N_TTY_BUF_SIZE || !line.finished ? 1 : 0;
}

void n_tty_receive_buf(tty_struct* tty, std::span<const u8> keys) {
    for (const u8 c : keys) n_tty_receive_char(tty, c);
    commit_echoes(tty);
    if (input_available_p(tty, false)) wake_up(tty->read_wait);
}

void receiveShown(tty_struct* tty, const TypedAhead& ahead) {
    const auto take = [tty](u8 c) {
        if (c == '\n') endLine(tty, {c, true, false});
        else put_tty_queue(tty, {c, false, false});
    };
    for (const std::vector<u8>& line : ahead.lines) {
        std::ranges::for_each(line, take);
        if (line.empty() || line.back() != '\n') endLine(tty, END_OF_FILE);
    }
    std::ranges::for_each(ahead.unfinished, take);
    if (input_available_p(tty, false)) wake_up(tty->read_wait);
}

// What is typed when lines begin to count is a line; when they no longer do, everything can be read.
void n_tty_set_termios(tty_struct* tty, const ktermios& before) {
    if ((before.c_lflag ^ tty->termios.c_lflag) & ICANON) {
        for (Key& key : tty->ldisc.read_buf) key.ends_line = false;
        if (local(tty, ICANON) && !tty->ldisc.read_buf.empty()) tty->ldisc.read_buf.back().ends_line = true;
        tty->ldisc.finished = local(tty, ICANON) ? tty->ldisc.read_buf.size() : 0;
    }
    if (!input(tty, IXON)) start_tty(tty);
    tty->ops->set_termios(tty);
    wake_up(tty->write_wait);
    wake_up(tty->read_wait);
}

int n_tty_inq(const tty_struct* tty) {
    const std::deque<Key>& keys = tty->ldisc.read_buf;
    if (!local(tty, ICANON)) return static_cast<int>(keys.size());
    const auto end = keys.begin() + static_cast<long>(tty->ldisc.finished);
    return static_cast<int>(std::count_if(keys.begin(), end, [](const Key& key) { return !key.end_of_file; }));
}

u32 n_tty_poll(const tty_struct* tty) {
    u32 mask = tty->stopped || tty->tco_stopped ? 0 : 0x104;                // POLLOUT|POLLWRNORM
    if (input_available_p(tty, true)) mask |= 0x41;     // POLLIN|POLLRDNORM
    return tty->hung_up ? 0x145 | 0x18 : mask;          // and POLLERR|POLLHUP
}

long n_tty_read(tty_struct* tty, const file* filp, std::span<u8> to) {
    Patience patience = patienceOf(tty);
    u64 done = 0;
    while (done < to.size()) {
        tty->ops->receiveTyped(tty);
        if (!input_available_p(tty, false)) {
            if (tty->other_closed) return done ? static_cast<long>(done) : -EIO;
            if (tty->hung_up || patience.until <= ktime_get()) break;
            if (const long error = waitForKeys(tty, filp, patience.until); error < 0) return done ? static_cast<long>(done) : error;
            continue;
        }
        const bool lines = local(tty, ICANON);
        done += lines ? copyLine(tty->ldisc, to) : copyKeys(tty->ldisc, to.subspan(done));
        tty->ops->unthrottle(tty);
        if (lines) return static_cast<long>(done);
        if (done >= patience.minimum) break;
        if (patience.between) patience.until = ktime_get() + patience.between;
    }
    return static_cast<long>(done);
}

}  // namespace kernel
