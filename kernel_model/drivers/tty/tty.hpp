// Terminals: their state, the line discipline, job control (Linux include/linux/tty.h, drivers/tty; termios(3), tty_ioctl(4)).
// ttyS0 is there when one of the host's three streams is a terminal; the others are pseudo-terminals.
#pragma once

#include "kernel_model/fs/internal.hpp"
#include "kernel_model/include/host_terminal.hpp"
#include "kernel_model/include/machine.hpp"

#include <array>
#include <deque>

namespace kernel {

struct ktermios {                           // 36 bytes (Linux uapi asm-generic/termbits.h)
    u32 c_iflag, c_oflag, c_cflag, c_lflag;
    u8 c_line;
    std::array<u8, 19> c_cc;
};
static_assert(sizeof(ktermios) == 36);
enum ControlCharacter : u8 {
    VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP, VSUSP, VEOL, VREPRINT, VDISCARD, VWERASE, VLNEXT, VEOL2
};
constexpr u32 ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100, IUCLC = 0x200, IXON = 0x400, IXANY = 0x800, IMAXBEL = 0x2000,
              IUTF8 = 0x4000;                                                           // c_iflag
constexpr u32 OPOST = 1, ONLCR = 4;                                                     // c_oflag
constexpr u32 ISIG = 1, ICANON = 2, ECHO = 8, ECHOE = 0x10, ECHOK = 0x20, ECHONL = 0x40, NOFLSH = 0x80, TOSTOP = 0x100,
              ECHOCTL = 0x200, ECHOKE = 0x800, IEXTEN = 0x8000;                         // c_lflag

struct winsize {
    u16 ws_row, ws_col, ws_xpixel, ws_ypixel;
    bool operator==(const winsize&) const = default;
};

struct Key {
    u8 c;
    bool ends_line;
    bool end_of_file;                       // ends a line and is not read
};
struct n_tty_data {
    std::deque<Key> read_buf;               // at most N_TTY_BUF_SIZE
    u64 finished = 0;                       // how many of them belong to finished lines (canon_head - read_tail)
    bool lnext = false;                     // the next key is taken as it is
    u32 column = 0, canon_column = 0;       // of the cursor; where the unfinished line began
    std::string echoes;                     // not shown yet
    u32 shown_column = 0;                   // of the cursor before them
};
constexpr u64 N_TTY_BUF_SIZE = 4096;

// Where the keys of a terminal come from and where what it shows goes (Linux tty_operations).
struct tty_operations {
    virtual ~tty_operations() = default;
    virtual bool write_room(const struct tty_struct*) const { return true; }
    virtual long write(tty_struct*, const file*, std::span<const u8>) = 0;      // of a program, while there is room: bytes or -errno
    virtual void show(tty_struct*, std::span<const u8>) = 0;                    // echo; what finds no room is lost
    virtual void set_termios(tty_struct*) {}
    virtual void flush_buffer(tty_struct*) {}                                   // what was written and not shown yet
    virtual void unthrottle(tty_struct*) {}                                     // keys were read: there may be room for more
    virtual int takeKeys(tty_struct*) { return 0; }                             // from here on they are the guest's. 0 or -errno
    virtual void receiveTyped(tty_struct*) {}                                   // takes in what was typed, without waiting
    virtual int opened(tty_struct*) { return 0; }                               // one file more
    virtual void closed(tty_struct*) {}
};

struct tty_struct : std::enable_shared_from_this<tty_struct> {
    tty_struct(tty_operations* driver, std::string its_name, dev_t number, const ktermios& modes, const winsize& screen)
        : ops(driver), name(std::move(its_name)), device(number), termios(modes), size(screen) {}
    tty_operations* ops;
    std::string name;                       // "ttyS0", "pts0"
    dev_t device;
    ktermios termios;
    winsize size;
    pid* session = nullptr;                 // both hold a reference
    pid* pgrp = nullptr;
    wait_queue_head_t read_wait, write_wait;
    bool stopped = false;                   // by VSTOP
    bool tco_stopped = false;               // by TCOOFF
    bool hung_up = false;
    bool other_closed = false;              // a slave whose master has gone: who waits for a key gets EIO
    n_tty_data ldisc;
};

HostTerminal* hostTerminal();               // null: none of the streams is one
tty_struct& theTerminal();

inline traces::Value traceValue(const tty_struct* tty) { return traces::Value::text(tty->name); }

// tty_std_termios: ICRNL IXON; OPOST ONLCR; B38400 CS8 CREAD HUPCL; ISIG ICANON ECHO ECHOE ECHOK ECHOCTL ECHOKE IEXTEN.
constexpr ktermios tty_std_termios{ICRNL | IXON, OPOST | ONLCR, 0x4bf, 0x8a3b, 0,
                                   {3, 0x1c, 0x7f, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1a, 0, 0x12, 0xf, 0x17, 0x16, 0}};

// tty_io.cpp
enum class Opened : u8 { terminal, console };       // through /dev/console there is no job control
long readTerminal(tty_struct*, const file*, std::span<u8>, Opened);
long writeTerminal(tty_struct*, const file*, std::span<const u8>, Opened);
u32 pollTerminal(tty_struct*);
int openTerminal(tty_struct*, file*);       // what open(2) does beside finding it
// Files of a terminal that is found at open(2) and kept in private_data.
struct TerminalOperations : file_operations {
    long read(file*, std::span<u8>, loff_t&) override;
    long write(file*, std::span<const u8>, loff_t&) override;
    bool hasFasync(const file*) const override { return true; }
    bool shortReads() const override { return true; }
    long ioctl(file*, unsigned command, u64 arg) override;
    u32 poll(file*) override;
    wait_queue_head_t* pollQueue(file*) override;
    void release(file*) override;
    static tty_struct* ttyOf(const file* f) { return static_cast<tty_struct*>(f->private_data.get()); }
};

// host_terminal.cpp (ours)
file_operations* consoleOperations();       // /dev/console
file_operations* ptmxOperations();          // pty.cpp

// n_tty.cpp
void n_tty_receive_buf(tty_struct*, std::span<const u8>);
void receiveShown(tty_struct*, const TypedAhead&);
long n_tty_read(tty_struct*, const file*, std::span<u8>);
u32 n_tty_poll(const tty_struct*);
void n_tty_flush_buffer(tty_struct*);
void n_tty_set_termios(tty_struct*, const ktermios& before);
int n_tty_inq(const tty_struct*);           // FIONREAD
void isig(int signal, tty_struct*);

// n_tty_echo.cpp: what the line discipline shows.
void countColumns(tty_struct*, std::span<const u8>);
void echoKey(tty_struct*, u8 c);            // as ECHO, ECHONL and ECHOCTL say
void echo_char(tty_struct*, u8 c);
void echo(tty_struct*, std::string_view);
void commit_echoes(tty_struct*);
void dropEchoes(tty_struct*);
void eraser(tty_struct*, u8 c);             // VERASE, VWERASE, VKILL
inline bool isContinuation(const tty_struct* tty, u8 c) { return tty->termios.c_iflag & IUTF8 && (c & 0xc0) == 0x80; }
inline bool isControl(u8 c) { return c < 0x20 || c == 0x7f; }

u64 roomFor(const n_tty_data&, u64 most);   // keys that can come in; a line that is too long is cut

// tty_jobctrl.cpp
void signalGroup(const pid* group, int signal, int priv = 1);
int __tty_check_change(tty_struct*, int signal);
int tty_check_change(tty_struct*);
long tty_jobctrl_ioctl(tty_struct*, unsigned command, u64 arg, const file*);
void tty_open_proc_set_tty(file*, tty_struct*);
void tty_hangup(tty_struct*);               // the terminal is gone

// tty_ioctl.cpp
long tty_ioctl(tty_struct*, file*, unsigned command, u64 arg);
void resize(tty_struct*, const winsize&);   // tty_do_resize
void start_tty(tty_struct*);
void stop_tty(tty_struct*);

}  // namespace kernel
