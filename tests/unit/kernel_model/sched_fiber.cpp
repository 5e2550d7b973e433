// Kernel stacks, virtual time, randomness: what tasks stand on.
#include "kernel_model/include/linux/hrtimer.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/kernel/sched/fiber.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <vector>

namespace {

using kernel::Fiber;

Fiber* home = nullptr;
Fiber* away = nullptr;
std::vector<int> steps;

struct Leaves {
    ~Leaves() { steps.push_back(-1); }
};

void counting() {
    for (int i = 1;; ++i) {
        steps.push_back(i);
        Fiber::switchTo(*away, *home, false);
    }
}
void throwing() {
    try {
        Leaves leaves;
        throw std::runtime_error("the task dies");
    } catch (const std::runtime_error&) {
        steps.push_back(1);
    }
    Fiber::switchTo(*away, *home, true);
}
void run(void (*entry)(), int switches) {
    Fiber here, there(entry);
    home = &here;
    away = &there;
    steps.clear();
    for (int i = 0; i < switches; ++i) Fiber::switchTo(here, there, false);
}

}  // namespace

TEST_CASE("a fiber goes on where it was left") {
    run(counting, 3);
    CHECK(steps == std::vector<int>{1, 2, 3});
}

TEST_CASE("an exception unwinds one fiber only") {
    run(throwing, 1);
    CHECK(steps == std::vector<int>{-1, 1});
}

TEST_CASE("stacks are used again") {
    for (int i = 0; i < 1000; ++i) run(throwing, 1);
    CHECK(steps.size() == 2);
}

TEST_CASE("timers fire in the order of their time, then of their start") {
    static std::vector<int> fired;
    fired.clear();
    kernel::hrtimer timers[4];
    int numbers[4] = {0, 1, 2, 3};
    for (int i = 0; i < 4; ++i) {
        timers[i].function = [](kernel::hrtimer* t) { fired.push_back(*static_cast<int*>(t->data)); };
        timers[i].data = &numbers[i];
    }
    const u64 now = kernel::ktime_get();
    kernel::hrtimer_start(&timers[0], now + 300);
    kernel::hrtimer_start(&timers[1], now + 100);
    kernel::hrtimer_start(&timers[2], now + 300);
    kernel::hrtimer_start(&timers[3], now + 200);
    CHECK(kernel::nextTimerExpiry() == now + 100);
    CHECK(kernel::hrtimer_cancel(&timers[3]));
    CHECK_FALSE(kernel::hrtimer_cancel(&timers[3]));
    kernel::runExpiredTimers();
    CHECK(fired.empty());
    kernel::jumpVirtualTime(now + 300);
    kernel::runExpiredTimers();
    CHECK(fired == std::vector<int>{1, 0, 2});
    CHECK(kernel::ktime_get() == now + 300);
    CHECK(kernel::nextTimerExpiry() == ~u64{0});
}

TEST_CASE("streams of random numbers do not disturb each other") {
    const u64 first = kernel::randomU64("test-a");
    for (int i = 0; i < 10; ++i) kernel::randomU64("test-b");
    const u64 second = kernel::randomU64("test-a");
    CHECK(first != second);
    CHECK(kernel::randomU64("test-c") != first);
}
