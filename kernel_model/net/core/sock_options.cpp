// Options of level SOL_SOCKET (Linux net/core/sock.c; socket(7)).
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/net/sock.hpp"
#include "kernel_model/kernel/timespec.hpp"

#include <algorithm>

namespace kernel {
namespace {

constexpr u64 JIFFY = 4'000'000;            // HZ is 250: timeouts are multiples of it
constexpr int WMEM_MAX = 212992, MIN_SNDBUF = 4608, MIN_RCVBUF = 2304;
constexpr auto CAP_NET_ADMIN = static_cast<Capability>(12);

// Kept and shown, without an effect inside one machine: Linux's value for `on`, or the number itself.
bool isFlag(int name) {
    switch (name) {
        case SO_DEBUG: case SO_REUSEADDR: case SO_REUSEPORT: case SO_DONTROUTE: case SO_BROADCAST: case SO_KEEPALIVE:
        case SO_OOBINLINE: case SO_NO_CHECK: case SO_TIMESTAMP: case SO_TIMESTAMPNS: case SO_RXQ_OVFL:
        case SO_WIFI_STATUS: case SO_NOFCS: case SO_LOCK_FILTER: case SO_SELECT_ERR_QUEUE: case SO_PASSSEC: return true;
        default: return false;
    }
}

int setTimeout(u64& timeout, UserPtr<void> optval, int optlen) {
    timeval tv;
    if (optlen < static_cast<int>(sizeof tv)) return -EINVAL;
    if (copy_from_user(&tv, optval, sizeof tv)) return -EFAULT;
    if (tv.tv_usec < 0 || tv.tv_usec >= 1'000'000) return -EDOM;
    if (tv.tv_sec < 0) timeout = 0;
    else if ((tv.tv_sec == 0 && tv.tv_usec == 0) || tv.tv_sec > 1'000'000'000) timeout = FOREVER;
    else timeout = (static_cast<u64>(tv.tv_sec) * 1'000'000'000 + static_cast<u64>(tv.tv_usec) * 1000 + JIFFY - 1) / JIFFY * JIFFY;
    return 0;
}
int showTimeout(u64 timeout, UserPtr<void> optval, UserPtr<int> optlen) {
    timeval tv;
    if (timeout != FOREVER) tv = {static_cast<i64>(timeout / 1'000'000'000), static_cast<i64>(timeout % 1'000'000'000 / 1000)};
    return putOption(optval, optlen, &tv, sizeof tv);
}

int setLinger(sock* sk, UserPtr<void> optval, int optlen) {
    ::linger wanted{};
    if (optlen < static_cast<int>(sizeof wanted)) return -EINVAL;
    if (copy_from_user(&wanted, optval, sizeof wanted)) return -EFAULT;
    if (wanted.l_onoff) sk->linger = {1, wanted.l_linger};
    else sk->linger.l_onoff = 0;
    return 0;
}

// Linux doubles what is asked for, for its own structures.
int buffer(int wanted, int most, int least) { return std::max(std::min(wanted, most) * 2, least); }
int unsignedMin(int wanted, int most) { return static_cast<u32>(wanted) > static_cast<u32>(most) ? most : wanted; }

int setForced(sock* sk, int optname, int value) {
    if (!capable(CAP_NET_ADMIN)) return -EPERM;
    constexpr int MOST = std::numeric_limits<int>::max() / 2;
    if (optname == SO_SNDBUFFORCE) sk->sk_sndbuf = buffer(std::max(value, 0), MOST, MIN_SNDBUF);
    else sk->sk_rcvbuf = buffer(std::max(value, 0), MOST, MIN_RCVBUF);
    return 0;
}

int setPriority(sock* sk, int value) {
    if ((value < 0 || value > 6) && !capable(CAP_NET_ADMIN)) return -EPERM;
    sk->options[SO_PRIORITY] = value;
    return 0;
}

int peerCredentials(const sock* sk, UserPtr<void> optval, UserPtr<int> optlen) {
    const scm_creds creds = sk->peer_cred.value_or(scm_creds{});
    return putOption(optval, optlen, &creds, sizeof creds);
}

// All groups or none: ERANGE says how many bytes they need.
int peerGroups(const sock* sk, UserPtr<void> optval, UserPtr<int> optlen) {
    constexpr u64 COPY_FILE_RANGE = 326;    // 4.5; SO_PEERGROUPS is of 4.13
    if (!inProfile(COPY_FILE_RANGE)) return -ENOPROTOOPT;
    if (!sk->peer_cred) return -ENODATA;
    const int room = TRY(get_user(optlen)), size = static_cast<int>(sk->peer_groups.size() * sizeof(gid_t));
    if (room < 0) return -EINVAL;
    TRY_INT(put_user(size, optlen));
    if (room < size) return -ERANGE;
    return copy_to_user(optval, sk->peer_groups.data(), static_cast<u64>(size)) ? -EFAULT : 0;
}

// Options with an effect that is not there: aloud.
int unknownOption(const sock* sk, int name) {
    switch (name) {
        case SO_ATTACH_FILTER:
        case SO_ATTACH_BPF:
        case SO_ATTACH_REUSEPORT_CBPF:
        case SO_ATTACH_REUSEPORT_EBPF: return missing(Missing::socket_filters);
        case SO_PEEK_OFF: return sk->sk_type == SOCK_STREAM && sk->sk_family != AF_UNIX ? -EOPNOTSUPP : missing(Missing::peek_offset);
        default: return -ENOPROTOOPT;
    }
}

}  // namespace

int putOption(UserPtr<void> to, UserPtr<int> optlen, const void* value, std::size_t size) {
    int length = TRY(get_user(optlen));
    if (length < 0) return -EINVAL;
    length = std::min(length, static_cast<int>(size));
    if (copy_to_user(to, value, static_cast<u64>(length))) return -EFAULT;
    return put_user(length, optlen);
}
int getOption(UserPtr<void> from, int optlen, int& value) {
    if (optlen < static_cast<int>(sizeof value)) return -EINVAL;
    return copy_from_user(&value, from, sizeof value) ? -EFAULT : 0;
}

TRACED(int, sock_setsockopt, (socket*, sock), (int, optname), (UserPtr<void>, optval), (int, optlen)) {
    kernel::sock* const sk = sock->sk.get();
    int value = 0;
    if (optname == SO_BINDTODEVICE) return -ENODEV;         // there are no devices
    TRY_INT(getOption(optval, optlen, value));
    switch (optname) {
        case SO_TYPE: case SO_PROTOCOL: case SO_DOMAIN: case SO_ERROR: case SO_ACCEPTCONN: case SO_PEERCRED: return -ENOPROTOOPT;
        case SO_SNDBUF:
            sk->options[SO_SNDBUF] = 1;     // no longer tuned
            sk->sk_sndbuf = buffer(unsignedMin(value, WMEM_MAX), WMEM_MAX, MIN_SNDBUF);
            sk->write_space();
            return 0;
        case SO_RCVBUF: sk->sk_rcvbuf = buffer(unsignedMin(value, WMEM_MAX), WMEM_MAX, MIN_RCVBUF); return 0;
        case SO_SNDBUFFORCE: case SO_RCVBUFFORCE: return setForced(sk, optname, value);
        case SO_PRIORITY: return setPriority(sk, value);
        case SO_LINGER: return setLinger(sk, optval, optlen);
        case SO_PASSCRED: sock->passcred = value != 0; return 0;
        case SO_RCVLOWAT: sk->sk_rcvlowat = value < 0 ? std::numeric_limits<int>::max() : std::max(value, 1); return 0;
        case SO_RCVTIMEO: return setTimeout(sk->sk_rcvtimeo, optval, optlen);
        case SO_SNDTIMEO: return setTimeout(sk->sk_sndtimeo, optval, optlen);
        default: break;
    }
    if (!isFlag(optname)) return unknownOption(sk, optname);
    sk->options[optname] = value != 0;
    return 0;
}

TRACED(int, sock_getsockopt, (socket*, sock), (int, optname), (UserPtr<void>, optval), (UserPtr<int>, optlen)) {
    kernel::sock* const sk = sock->sk.get();
    const auto show = [&](int value) { return putOption(optval, optlen, &value, sizeof value); };
    switch (optname) {
        case SO_TYPE: return show(sk->sk_type);
        case SO_PROTOCOL: return show(sk->sk_protocol);
        case SO_DOMAIN: return show(sk->sk_family);
        case SO_ERROR: return show(-sock_error(sk));
        case SO_ACCEPTCONN: return show(sk->sk_state == TCP_LISTEN);
        case SO_SNDBUF: return show(sk->sk_sndbuf);
        case SO_RCVBUF: return show(sk->sk_rcvbuf);
        case SO_LINGER: return putOption(optval, optlen, &sk->linger, sizeof sk->linger);
        case SO_PASSCRED: return show(sock->passcred);
        case SO_RCVLOWAT: return show(sk->sk_rcvlowat);
        case SO_SNDLOWAT: return show(1);
        case SO_RCVTIMEO: return showTimeout(sk->sk_rcvtimeo, optval, optlen);
        case SO_SNDTIMEO: return showTimeout(sk->sk_sndtimeo, optval, optlen);
        case SO_PEERCRED: return peerCredentials(sk, optval, optlen);
        case SO_PEERGROUPS: return peerGroups(sk, optval, optlen);
        default: break;
    }
    if (!isFlag(optname) && optname != SO_PRIORITY) return unknownOption(sk, optname);
    const auto at = sk->options.find(optname);
    return show(at == sk->options.end() ? 0 : at->second);
}

}  // namespace kernel
