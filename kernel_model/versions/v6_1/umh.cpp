// Linux kernel/umh.c and kmod.c of 6.1: the kernel runs /sbin/modprobe and waits for it. The model has no work queues: kthreadd
// does what a worker would.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/kernel/exit.hpp"
#include "kernel_model/kernel/fork.hpp"
#include "kernel_model/kernel/kthread.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/versions/v6_1/exec.hpp"
#include "kernel_model/versions/v6_1/process.hpp"

#include <memory>

namespace kernel::v6_1 {
namespace {

struct subprocess_info {
    std::string path;
    std::vector<std::string> argv, envp;
    int retval = 0;             // -errno of the exec, or the status of wait(2)
    completion done;
};
traces::Value traceValue(const subprocess_info* info) { return traces::Value::text(info->path); }

// In the process that is to be the program.
TRACED(int, call_usermodehelper_exec_async, (ThreadArgument, data)) {
    auto* const info = static_cast<subprocess_info*>(data.pointer);
    flush_signal_handlers(current, true);
    current->fs->umask = 022;
    user_arg_ptr argv, envp;
    argv.kernel = &info->argv;
    envp.kernel = &info->envp;
    const int error = kernel_execve(info->path, argv, envp);
    if (!error) return 0;
    info->retval = error;
    version().process.do_exit(0);
    return 0;
}

TRACED(long, kernel_wait, (pid_t, pid), (wait_opts*, wo)) {
    wo->type = P_PID;
    wo->id = pid;
    wo->flags = static_cast<int>(WEXITED);
    return do_wait(wo);
}

// Of a child whose signal is ignored there is nothing to wait for (wait(2), NOTES).
TRACED(void, kernel_sigaction, (int, sig), (u64, handler)) { current->sighand->action[static_cast<u64>(sig - 1)].sa_handler = handler; }

TRACED(void, call_usermodehelper_exec_sync, (subprocess_info*, info)) {
    kernel_sigaction(SIGCHLD, HANDLER_DFL);
    wait_opts wo;
    const pid_t pid = user_mode_thread({call_usermodehelper_exec_async}, {info}, SIGCHLD);
    if (pid < 0) info->retval = pid;
    else if (kernel_wait(pid, &wo) > 0 && wo.status) info->retval = wo.status;
    kernel_sigaction(SIGCHLD, HANDLER_IGN);
    complete(&info->done);
}
TRACED(void, call_usermodehelper_exec_work, (subprocess_info*, info)) { call_usermodehelper_exec_sync(info); }

TRACED(int, wait_for_completion_state, (completion*, x), (TaskState, state)) {
    waitUntilDone(x, state);
    return x->done ? 0 : -ERESTARTSYS;
}

// Who is killed while it waits leaves the rest to the worker.
int call_usermodehelper_exec(const std::shared_ptr<subprocess_info>& info) {
    queueKernelWork([info] { call_usermodehelper_exec_work(info.get()); });
    TRY_INT(wait_for_completion_state(&info->done, TASK_KILLABLE));
    return info->retval;
}

}  // namespace

TRACED(int, call_modprobe, (const std::string&, module_name)) {
    const std::string modprobe_path = "/sbin/modprobe";
    const auto info = std::make_shared<subprocess_info>();
    info->path = modprobe_path;
    info->argv = {modprobe_path, "-q", "--", module_name};
    info->envp = {"HOME=/", "TERM=linux", "PATH=/sbin:/usr/sbin:/bin:/usr/bin"};
    const int result = call_usermodehelper_exec(info);
    check("modprobe can be run", result >= 0, modprobe_path);
    return result;
}

}  // namespace kernel::v6_1
