// Linux 6.1 kernel/fork.c: clone3(2).
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/missing.hpp"
#include "kernel_model/include/linux/uaccess.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/versions/v6_1/fork.hpp"

#include <array>

namespace kernel {
namespace {

// struct clone_args: eleven words, of which the first eight, ten or all are passed.
enum ArgumentWord { FLAGS, PIDFD, CHILD_TID, PARENT_TID, EXIT_SIGNAL, STACK, STACK_BYTES, TLS, SET_TID, SET_TID_SIZE, CGROUP, WORDS };
using ArgumentWords = std::array<u64, WORDS>;
constexpr u64 SIZE_VER0 = 64, SIZE_VER2 = 88, MAX_PID_NS_LEVEL = 32, LEGACY_FLAGS = 0xffff'ffff;
constexpr u64 INTO_CGROUP = u64{1} << 33, NEWTIME = 0x80;

// copy_struct_from_user: what a newer program passes behind the end must be zero.
Result<ArgumentWords> wordsFrom(UserPtr<void> uargs, u64 size) {
    if (size > PAGE_SIZE) return Failure{-E2BIG};
    if (size < SIZE_VER0) return Failure{-EINVAL};
    for (u64 at = SIZE_VER2; at < size; ++at)
        if (TRY(get_user(UserPtr<u8>{uargs.address + at}))) return Failure{-E2BIG};
    ArgumentWords words{};
    if (copy_from_user(words.data(), uargs, std::min(size, SIZE_VER2))) return Failure{-EFAULT};
    return words;
}

int copySetTid(const ArgumentWords& words, std::vector<pid_t>& to) {
    if (words[SET_TID_SIZE] > MAX_PID_NS_LEVEL || !words[SET_TID] != !words[SET_TID_SIZE]) return -EINVAL;
    to.resize(words[SET_TID_SIZE]);
    return copy_from_user(to.data(), UserPtr<void>(words[SET_TID]), to.size() * sizeof(pid_t)) ? -EFAULT : 0;
}

bool clone3_stack_valid(const kernel_clone_args& args) {
    if (!args.stack) return !args.stack_size;
    return args.stack_size && args.stack < TASK_SIZE && args.stack_size <= TASK_SIZE - args.stack;
}

bool clone3_args_valid(const kernel_clone_args& args) {
    if (args.flags & ~(LEGACY_FLAGS | CLONE_CLEAR_SIGHAND | INTO_CGROUP)) return false;
    if (args.flags & (CLONE_DETACHED | (CSIGNAL & ~NEWTIME))) return false;
    if ((args.flags & CLONE_SIGHAND) && (args.flags & CLONE_CLEAR_SIGHAND)) return false;
    if ((args.flags & (CLONE_THREAD | CLONE_PARENT)) && args.exit_signal) return false;
    return clone3_stack_valid(args);
}

TRACED(int, copy_clone_args_from_user, (kernel_clone_args*, kargs), (UserPtr<void>, uargs), (size_t, usize)) {
    const ArgumentWords words = TRY(wordsFrom(uargs, usize));
    if ((words[EXIT_SIGNAL] & ~u64{CSIGNAL}) || words[EXIT_SIGNAL] > NSIG) return -EINVAL;
    if ((words[FLAGS] & INTO_CGROUP) && (words[CGROUP] > 0x7fff'ffff || usize < SIZE_VER2)) return -EINVAL;
    TRY_INT(copySetTid(words, kargs->set_tid));
    kargs->flags = words[FLAGS];
    kargs->pidfd = {words[PIDFD]};
    kargs->child_tid = {words[CHILD_TID]};
    kargs->parent_tid = {words[PARENT_TID]};
    kargs->exit_signal = static_cast<int>(words[EXIT_SIGNAL]);
    kargs->stack = words[STACK];
    kargs->stack_size = words[STACK_BYTES];
    kargs->tls = words[TLS];
    return 0;
}

int refuseUnmodelled(u64 flags) {
    if (flags & INTO_CGROUP) return missing(Missing::clone_cgroup);
    return flags & NEWTIME ? missing(Missing::namespaces) : 0;
}

}  // namespace

SYSCALL_DEFINE(2, clone3, (UserPtr<void>, uargs), (size_t, size)) {
    kernel_clone_args kargs;
    TRY_INT(copy_clone_args_from_user(&kargs, uargs, size));
    if (!check("clone3's arguments are valid", clone3_args_valid(kargs), kargs.flags)) return -EINVAL;
    TRY_INT(refuseUnmodelled(kargs.flags));
    if (kargs.stack) kargs.stack += kargs.stack_size;   // it grows down from its end
    return version().process.clone(&kargs);
}

}  // namespace kernel
