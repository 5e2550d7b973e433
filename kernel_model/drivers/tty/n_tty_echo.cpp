// What the line discipline writes to the screen while a line is typed (Linux drivers/tty/n_tty.c).
#include "kernel_model/drivers/tty/tty.hpp"

namespace kernel {
namespace {

constexpr u32 TAB = 8;
constexpr std::string_view RUB_OUT = "\b \b";

bool isWordCharacter(u8 c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool flag(const tty_struct* tty, u32 lflag) { return (tty->termios.c_lflag & lflag) == lflag; }

u32 widthOf(const tty_struct* tty, u8 c) {
    if (isControl(c)) return flag(tty, ECHOCTL) ? 2 : 0;
    return isContinuation(tty, c) ? 0 : 1;
}

// Back to where the tab began: the columns since the line's first key, or since an earlier tab.
void eraseTab(tty_struct* tty) {
    const n_tty_data& line = tty->ldisc;
    u32 columns = 0;
    bool after_tab = false;
    for (u64 i = line.read_buf.size(); i > line.finished && !after_tab; --i) {
        const u8 c = line.read_buf[i - 1].c;
        after_tab = c == '\t';
        if (!after_tab) columns += widthOf(tty, c);
    }
    if (!after_tab) columns += line.canon_column;
    for (u32 i = columns % TAB; i < TAB; ++i) echo(tty, "\b");
}

// Takes the last key, with all its bytes in UTF-8, and its picture off the screen.
void eraseLast(tty_struct* tty, u8 eraser_key) {
    std::deque<Key>& keys = tty->ldisc.read_buf;
    u8 c = keys.back().c;
    keys.pop_back();
    while (isContinuation(tty, c) && keys.size() > tty->ldisc.finished) {
        c = keys.back().c;
        keys.pop_back();
    }
    if (!flag(tty, ECHO)) return;
    if (eraser_key == tty->termios.c_cc[VERASE] && !flag(tty, ECHOE)) return echo_char(tty, eraser_key);
    if (c == '\t') return eraseTab(tty);
    for (u32 i = isControl(c) ? widthOf(tty, c) : 1; i; --i) echo(tty, RUB_OUT);
}

void eraseWord(tty_struct* tty, u8 c) {
    bool in_word = false;
    while (tty->ldisc.read_buf.size() > tty->ldisc.finished) {
        const bool part = isWordCharacter(tty->ldisc.read_buf.back().c);
        if (in_word && !part) return;
        in_word |= part;
        eraseLast(tty, c);
    }
}

void eraseLine(tty_struct* tty, u8 c) {
    n_tty_data& line = tty->ldisc;
    if (flag(tty, ECHO | ECHOK | ECHOKE | ECHOE)) {
        while (line.read_buf.size() > line.finished) eraseLast(tty, c);
        return;
    }
    line.read_buf.resize(line.finished);
    if (!flag(tty, ECHO)) return;
    echo_char(tty, c);
    if (flag(tty, ECHOK)) echo(tty, "\n");
}

}  // namespace

void countColumns(tty_struct* tty, std::span<const u8> written) {
    u32& column = tty->ldisc.column;
    for (const u8 c : written) {
        if (c == '\r' || c == '\n') column = c == '\r' || (tty->termios.c_oflag & ONLCR) ? 0 : column;
        else if (c == '\b') column -= column > 0;
        else if (c == '\t') column += TAB - column % TAB;
        else if (!isControl(c) && !isContinuation(tty, c)) ++column;
    }
}

namespace {
std::span<const u8> bytesOf(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }
}  // namespace

void echo(tty_struct* tty, std::string_view text) {
    n_tty_data& line = tty->ldisc;
    if (line.echoes.empty()) line.shown_column = line.column;
    countColumns(tty, bytesOf(text));
    line.echoes += text;
}
void commit_echoes(tty_struct* tty) {
    if (!tty->ldisc.echoes.empty()) tty->ops->show(tty, bytesOf(tty->ldisc.echoes));
    tty->ldisc.echoes.clear();
}
void dropEchoes(tty_struct* tty) {
    if (!tty->ldisc.echoes.empty()) tty->ldisc.column = tty->ldisc.shown_column;
    tty->ldisc.echoes.clear();
}

void echo_char(tty_struct* tty, u8 c) {
    if (flag(tty, ECHOCTL) && isControl(c) && c != '\t') {
        const char caret[] = {'^', static_cast<char>(c ^ 0x40)};
        echo(tty, {caret, 2});
    } else {
        const char plain = static_cast<char>(c);
        echo(tty, {&plain, 1});
    }
}

void echoKey(tty_struct* tty, u8 c) {
    if (c == '\n' && (flag(tty, ECHO) || flag(tty, ECHONL | ICANON))) return echo(tty, "\n");
    if (!flag(tty, ECHO)) return;
    if (tty->ldisc.read_buf.size() == tty->ldisc.finished) tty->ldisc.canon_column = tty->ldisc.column;
    echo_char(tty, c);
}

void eraser(tty_struct* tty, u8 c) {
    if (tty->ldisc.read_buf.size() == tty->ldisc.finished) return;
    if (c == tty->termios.c_cc[VERASE]) return eraseLast(tty, c);
    if (c == tty->termios.c_cc[VWERASE]) return eraseWord(tty, c);
    eraseLine(tty, c);
}

}  // namespace kernel
