#include "kernel_model/kernel/task_extras.hpp"

#include <unordered_map>

namespace kernel {
namespace {

std::unordered_map<const task_struct*, TaskExtras>& extras() {      // for look-up only: its order shows nowhere
    static auto& all = *new std::unordered_map<const task_struct*, TaskExtras>;
    return all;
}

}  // namespace

const TaskExtras& extrasOf(const task_struct* task) {
    static const TaskExtras none;
    const auto at = extras().find(task);
    return at == extras().end() ? none : at->second;
}
void setExtras(const task_struct* task, const TaskExtras& its) { extras()[task] = its; }
void inheritExtras(const task_struct* from, const task_struct* to) {
    if (const auto at = extras().find(from); at != extras().end()) setExtras(to, TaskExtras(at->second));
}
void dropExtras(const task_struct* task) { extras().erase(task); }

}  // namespace kernel
