// POSIX timers and clocks (Linux include/linux/posix-timers.h): posix-timers.cpp, posix-cpu-timers.cpp, posix-clocks.cpp.
#pragma once

#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/kernel/timespec.hpp"

namespace kernel {

struct k_itimer {
    int it_id = 0, it_clock = 0;
    int notify = 0, signo = 0;              // SIGEV_*
    u64 value = 0;                          // sigev_value
    pid_t tid = 0;                          // SIGEV_THREAD_ID: the thread that gets the signal
    pid_t clock_tid = 0;                    // a thread's clock: whose
    signal_struct* signal = nullptr;        // of the process that owns it
    hrtimer timer;                          // armed on a clock that is no cpu clock
    u64 expires = 0, interval = 0;          // ns on the monotonic or the cpu clock; expires 0: not armed
    i64 overrun = -1, overrun_last = 0;
    int requeue_pending = 0;                // odd: its signal is on the way and it goes on when that is taken
};
constexpr int CLOCK_REAL = 0, CLOCK_MONO = 1, CLOCK_PROCESS = 2, CLOCK_THREAD = 3, CLOCK_BOOT = 7, TIMER_ABS = 1;

// ---- posix-clocks.cpp. Cpu clocks: PROCESS, THREAD and the negative numbers of clock_getcpuclockid(3).
bool isCpuClock(int clock);
bool isThreadClock(int clock);
task_struct* cpuClockTask(int clock);       // null: nobody
u64 cpuTimeOfProcess(const task_struct*);
u64 cpuTimeOfThread(const task_struct*);
u64 realToMonotonic(int clock, u64 ns);     // a time of CLOCK_REALTIME or CLOCK_TAI on the clock of hrtimers
// ---- posix-timers.cpp
void forwardTimer(k_itimer*);               // to the next expiry behind now, counting overruns
bool fireTimer(k_itimer*);                  // false: its signal is ignored, nobody will ask to go on
void rearmPosixTimer(kernel_siginfo*);      // its signal is taken off the queue
void dropTimerSignals(sigpending*);
// ---- posix-cpu-timers.cpp: timers on cpu time, ITIMER_VIRTUAL, ITIMER_PROF, RLIMIT_CPU
u64 cpuTimerNow(const k_itimer*);
u64 nextCpuTimer();                         // ns of cpu time that current may use until one expires
void run_posix_cpu_timers();

}  // namespace kernel
