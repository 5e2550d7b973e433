"""What guests say where no native run can be asked."""

AROUND = {      # a real kernel's answer depends on the file system and its folios: these are v3.10's and v6.1's on a tmpfs
    "v3.10": b"first read: 1 fault, 1 pages; the others: 15 faults\n",
    "v6.1": b"first read: 1 fault, 16 pages; the others: 0 faults\n",
}
EXHAUSTED = b"""too large: ENOMEM
filled: SIGKILL
filled: SIGKILL
filled: SIGKILL
one of two: SIGKILL
the other: SIGKILL
still here -57
16 MiB at the end 7
"""
SOCKETS_FULL = b"""type 1: ended by No buffer space available, pairs less than 100: 1
type 2: ended by No buffer space available, pairs less than 100: 1
sockets: 2000
20000 tries, errno 115
single bytes: 200000, read 20000
"""
SHA = b"""sha1rnds4 0  58104e17e9d866bf
sha1rnds4 1  3b0c8ee16830d97d
sha1rnds4 2  d402bc14edeebebe
sha1rnds4 3  0244aa0da7cdead1
sha1nexte    6653880447a80242
sha1msg1     051823f0b82d6ae5
sha1msg2     28181b5348443184
sha256rnds2  98d7ce9b3eb99be7
sha256msg1   46a944e0ef55ebfd
sha256msg2   a4791f483d039acb
memory       05ebdac9829e4a2f
"""             # of qemu-x86_64 10.0.2 -cpu max
# v3.10 with vsyscall=emulate: arch/x86/kernel/vsyscall_64.c, sig_on_uaccess_error in arch/x86/mm/fault.c.
VSYSCALL = b"""first byte: 48
byte of getcpu's number: 35
filling: cc
last byte: cc
end of the user's half: signal 11 code 1 addr 7fffffffeff1 trap 14 error 6 cr2 7fffffffeff1 ip ffffffffff600000 ax 0
time to nowhere: signal 11 code 1 addr 10 trap 14 error 6 cr2 10 ip ffffffffff600400 ax -38
gettimeofday to nowhere: signal 11 code 1 addr 10 trap 14 error 6 cr2 10 ip ffffffffff600000 ax -38
zone to nowhere: signal 11 code 1 addr 18 trap 14 error 6 cr2 18 ip ffffffffff600000 ax -38
getcpu to nowhere: signal 11 code 1 addr 20 trap 14 error 6 cr2 20 ip ffffffffff600800 ax -38
getcpu to nowhere twice: signal 11 code 1 addr 20 trap 14 error 6 cr2 40 ip ffffffffff600800 ax -38
time, zone to nowhere: signal 11 code 1 addr 18 trap 14 error 6 cr2 18 ip ffffffffff600000 ax -38
time was written: 1
read-only signal 11 code 2 addr 10001000 trap 14 error 7 cr2 10001000 ip ffffffffff600400 ax -38
half read-only signal 11 code 2 addr 10001000 trap 14 error 7 cr2 10001000 ip ffffffffff600400 ax -38
beyond a file's end signal 7 code 2 addr 10002000 trap 14 error 6 cr2 10002000 ip ffffffffff600400 ax -38
"""
# sched(7): without privileges, RLIMIT_RTPRIO is the highest priority that can be set.
WITHIN_LIMIT = b"""RLIMIT_RTPRIO 10: policy 0, priority 0, nice 0
FIFO 11: EPERM
FIFO 10: done
RR 10: done
setparam 11: EPERM
setparam 3: done
setparam 9: done
within the limit: policy 2, priority 9, nice 0
"""

# v3.10 (kernel/signal.c): all 128 bytes of a siginfo_t are read, kept and delivered.
STRANGERS = {"v3.10": b"""the same user: 10 code 0 uid 1000
another user: -1 code 0 uid 0
root: 10 code 0 uid 0
root's child: -1 code 0 uid 0
only the real user: 10 code 0 uid 1000
only the saved user: -1 code 0 uid 0
signal 10 code -1 byte 0: 0 got 10 -1 7, 0
signal 10 code -1 byte 47: 0 got 10 -1 7, 5
signal 10 code -1 byte 48: 0 got 10 -1 7, 5
signal 10 code -100 byte 0: 0 got 10 -100 7, 0
signal 10 code -100 byte 47: 0 got 10 -100 7, 5
signal 10 code -100 byte 127: 0 got 10 -100 7, 5
47 bytes, code -1: 14
48 bytes, code -1: 14
47 bytes, code -100: 14
48 bytes, code -100: 14
thread: 22 22 1 0 14
"""}

# v6.1 (kernel/kmod.c, umh.c): without a modprobe, and with one.
MODPROBE = b"garbage: 8, pids used: 1\n%stext: 8, pids used: 0\nan empty file: 8, pids used: 1\n%shalf text: 8, pids used: 1\n%sas user: 8\n%s"
CALLED = (b"ids 0 0, parent 2, group 0, session 0, umask 22, cwd /, descriptors 0: /sbin/modprobe -q -- binfmt-%s "
          b"HOME=/ TERM=linux PATH=/sbin:/usr/sbin:/bin:/usr/bin\n")
WITH_MODPROBE = MODPROBE % tuple(CALLED % name for name in (b"0403", b"0000", b"0aff", b"0aff")) + b"waits: 0\ninterrupted: 1, 2\n"
WITHOUT_MODPROBE = {"v3.10": MODPROBE.replace(b"used: 1", b"used: 0") % ((b"",) * 4), "v6.1": MODPROBE % ((b"",) * 4)}

# v6.1: the symbols of the vDSO in Debian's 6.1.187 (CONFIG_X86_SGX; its notes are also those of its build), on a processor without SGX.
VDSO = {
    "v3.10": b"""segment 1 flags 5
segment 2 flags 4
segment 4 flags 4
note Linux 0: 30a00
segment 6474e550 flags 4
clock_gettime weak 2
__vdso_gettimeofday 2
gettimeofday weak 2
__vdso_time 2
time weak 2
__vdso_clock_gettime 2
LINUX_2.6 1
__vdso_getcpu 2
getcpu weak 2
called: 1 0 0
""",
    "v6.1": b"""segment 1 flags 5
segment 2 flags 4
segment 4 flags 4
note Linux 0: 601bb
segment 6474e550 flags 4
clock_gettime weak 2
__vdso_gettimeofday 2
clock_getres weak 2
__vdso_clock_getres 2
gettimeofday weak 2
__vdso_time 2
__vdso_sgx_enter_enclave 2
time weak 2
__vdso_clock_gettime 2
LINUX_2.6 1
__vdso_getcpu 2
getcpu weak 2
called: 1 0 0
enclave: -22 -22 0 2 6 0 0
handler: 6 0 0 1, run 3
handler: 6 0 0 1, run 2
-7
-22
""",
}

OLDER = {"v3.10": b"""0 others
OFD lock             -1 Invalid argument
seals                -1 Invalid argument
O_TMPFILE            -1 Is a directory
SO_PEERGROUPS        -1 Protocol not available
fdinfo               1
thread-self          -1 No such file or directory
LOCK_MAND            0
is told              1
and is no obstacle   0
no lock, no access   -1 Bad file descriptor
no lock              -1 Invalid argument
"""}
