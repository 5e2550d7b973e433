// TaskList: order, and taking out from anywhere.
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/run_queue_order.hpp"
#include "kernel_model/kernel/sched/sched.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace kernel;

static std::vector<task_struct*> inOrder(const TaskList& list) { return {list.begin(), list.end()}; }

TEST_CASE("a list of tasks keeps its order") {
    task_struct a, b, c, d;
    TaskList list{&a, &b};
    list.push_back(&c);
    list.push_front(&d);
    CHECK(inOrder(list) == std::vector<task_struct*>{&d, &a, &b, &c});
    list.remove(&a);
    list.remove(&a);                        // not there any more
    CHECK(inOrder(list) == std::vector<task_struct*>{&d, &b, &c});
    list.replace(&b, &a);
    CHECK(inOrder(list) == std::vector<task_struct*>{&d, &a, &c});
    list.remove(&a);
    list.remove(&d);
    CHECK(list.front() == &c);
    CHECK(list.size() == 1);
    list.clear();
    CHECK(list.empty());
}

TEST_CASE("real-time tasks go first, by priority; the others in turn") {
    task_struct one, two, high, low;
    one.static_prio = one.prio = two.static_prio = two.prio = DEFAULT_PRIO;
    const auto realTime = [](task_struct& p, int priority) {
        p.policy = SCHED_FIFO;
        p.rt_priority = priority;
        p.prio = normalPrio(&p);
    };
    realTime(high, 50);
    realTime(low, 10);
    for (task_struct* p : {&one, &low, &two, &high}) enqueue_task(p, QueueEnd::back);
    CHECK(preempts(&high, &low));
    CHECK(preempts(&low, &one));
    CHECK_FALSE(preempts(&low, &high));
    CHECK_FALSE(preempts(&one, &two));
    CHECK(placeOf(&high) == QueueEnd::front);
    CHECK(placeOf(&one) == QueueEnd::back);
    std::vector<task_struct*> order;
    while (!runQueueEmpty()) order.push_back(takeNext());
    CHECK(order == std::vector<task_struct*>{&high, &low, &one, &two});
    CHECK(takeNext() == &init_task);
}

TEST_CASE("a level of nice is a quarter of the time") {
    task_struct p;
    const auto at = [&p](int nice) {
        p.static_prio = DEFAULT_PRIO + nice;
        return quantumOf(&p);
    };
    CHECK(at(0) == 1'000'000);
    CHECK(at(1) == 800'000);
    CHECK(at(-1) == 1'250'000);
    CHECK(at(19) < at(18));
    CHECK(at(19) > 0);
}
