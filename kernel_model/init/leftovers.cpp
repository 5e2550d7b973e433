#include "kernel_model/include/leftovers.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/shm.hpp"
#include "kernel_model/mm/internal.hpp"
#include "traces/registry.hpp"

#include <map>
#include <set>
#include <string_view>

namespace kernel {
namespace {

using References = std::map<const Object*, int>;        // for look-up and counting; never walked

void refer(References& to, const Object* object) {
    if (object) ++to[object];
}
bool seenBefore(const References& references, const Object* object) { return references.contains(object); }

void referToMemory(References& to, const mm_struct* mm) {
    refer(to, mm->exe_file);
    for (const auto& [start, vma] : mm->mm_rb) {
        refer(to, vma);
        refer(to, vma->vm_file);
    }
}
void referToFiles(References& to, const files_struct* files) {
    for (const file* f : files->fdt.fd) refer(to, f);
}

void referToTask(References& to, const task_struct* task) {
    refer(to, task);
    const mm_struct* mm = task->mm;
    if (mm && !seenBefore(to, mm)) referToMemory(to, mm);
    refer(to, mm);
    const files_struct* files = task->files;
    if (files && !seenBefore(to, files)) referToFiles(to, files);
    refer(to, files);
    refer(to, task->fs.get());
    refer(to, task->signal.get());
    refer(to, task->sighand.get());
    refer(to, task->cred.get());
    refer(to, task->real_cred.get());
    for (const pid* number : task->pids) refer(to, number);
}

// How many references the object says it has; -1: of a kind that is not counted here.
int countOf(const Object* object) {
    const std::string_view type = object->objectType();
    if (type == "mm_struct") return static_cast<const mm_struct*>(object)->mm_users;
    if (type == "files_struct") return static_cast<const files_struct*>(object)->count;
    if (type == "fs_struct") return static_cast<const fs_struct*>(object)->users;
    if (type == "sighand_struct") return static_cast<const sighand_struct*>(object)->count;
    if (type == "signal_struct") return static_cast<const signal_struct*>(object)->sigcnt;
    if (type == "cred") return static_cast<const cred*>(object)->usage;
    if (type == "file") return static_cast<int>(static_cast<const file*>(object)->f_count);
    return -1;
}

bool ownedByTasks(const Object* object) {
    static const std::set<std::string_view> types{"task_struct", "mm_struct", "vm_area_struct", "files_struct", "fs_struct", "file",
                                                  "signal_struct", "sighand_struct", "cred", "pid", "linux_binprm"};
    return types.contains(object->objectType());
}

// What pid 0 has from the start is not counted like the rest.
bool isInitTasks(const Object* object) { return object == &init_mm || object == init_task.cred.get() || object == &init_task; }

void examine(const Object* object, const References& references, std::vector<std::string>& found) {
    const auto reached = references.find(object);
    if (reached == references.end()) {
        found.push_back(object->objectName() + " is left over");
        return;
    }
    const int count = countOf(object);
    if (count >= 0 && count != reached->second)
        found.push_back(object->objectName() + " counts " + std::to_string(count) + " references, has " + std::to_string(reached->second));
}

}  // namespace

std::vector<std::string> leftovers() {
    std::vector<std::string> found;
    constexpr std::size_t INIT_AND_KTHREADD = 2;
    if (all_tasks().size() != INIT_AND_KTHREADD) return found;
    References references;
    referToTask(references, &init_task);
    for (const task_struct* leader : all_tasks())
        for (const task_struct* thread : leader->thread_group) referToTask(references, thread);
    for (const file* segment : shmFiles()) refer(references, segment);
    for (const Object* object : traces::liveObjects())
        if (ownedByTasks(object) && !isInitTasks(object)) examine(object, references, found);
    if (nr_threads != static_cast<int>(INIT_AND_KTHREADD))
        found.push_back("nr_threads is " + std::to_string(nr_threads));
    for (const std::string& frame : frameLeftovers()) found.push_back(frame);
    return found;
}

}  // namespace kernel
