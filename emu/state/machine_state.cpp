#include "emu/state/machine_state.hpp"

#include "emu/state/registers.hpp"
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/machine.hpp"
#include "kernel_model/kernel/sched/sched.hpp"
#include "kernel_model/mm/internal.hpp"
#include "traces/registry.hpp"

#include <set>

namespace emu {

namespace {

using traces::Part;
using traces::StateHash;

void addTask(StateHash& hash, const kernel::task_struct& task, const RegistersOfTasks& registers) {
    const std::string name = task.objectName();
    if (&task != &kernel::init_task) hash.line(Part::tasks, traces::taskLine(name, task.pid, task.tgid, task.comm.get()));
    if (const auto known = registers.find(task.objectSerial()); known != registers.end())
        hash.line(Part::registers, traces::registersLine(name, hashOfRegisters(known->second.registers)));
}

void addMm(StateHash& hash, const kernel::mm_struct& mm, std::set<u64>& frames) {
    const std::string name = mm.objectName();
    for (const auto& [start, vma] : mm.mm_rb) {
        const std::string flags = kernel::vmaPermissions(vma->vm_flags);
        const std::string file = vma->vm_file ? vma->vm_file->objectName() : "";
        hash.line(Part::areas, traces::areaLine(name, {start, vma->vm_end, flags, vma->vm_pgoff, file}));
    }
    if (!mm.pgd || !(hash.has(Part::tables) || hash.has(Part::memory))) return;
    kernel::forEachEntry(const_cast<kernel::mm_struct*>(&mm), 0, kernel::TASK_SIZE, [&](u64 address, const u64* entry) {
        hash.line(Part::tables, traces::tableLine(name, address, *entry & ~(cpu::PTE_ACCESSED | cpu::PTE_DIRTY)));
        if (*entry & cpu::PTE_PRESENT) frames.insert(cpu::frameOf(*entry));
    });
}

void addFiles(StateHash& hash, const kernel::files_struct& files) {
    const auto& fds = files.fdt.fd;
    for (std::size_t fd = 0; fd < fds.size(); ++fd)
        if (fds[fd])
            hash.line(Part::descriptors,
                      traces::descriptorLine(files.objectName(), fd, fds[fd]->objectName(), files.fdt.close_on_exec[fd]));
}

void addObjects(StateHash& hash, const RegistersOfTasks& registers, std::set<u64>& frames) {
    for (const traces::Object* object : traces::liveObjects()) {
        const std::string_view type = object->objectType();
        if (type == "task_struct") addTask(hash, static_cast<const kernel::task_struct&>(*object), registers);
        else if (type == "mm_struct") addMm(hash, static_cast<const kernel::mm_struct&>(*object), frames);
        else if (type == "files_struct") addFiles(hash, static_cast<const kernel::files_struct&>(*object));
        if (!hash.has(Part::objects)) continue;
        const traces::FieldValues fields = shownFields(*object, traces::Reading::alive);
        if (!fields.empty()) hash.line(Part::objects, traces::objectLine(object->objectName(), hashOfFields(fields)));
    }
}

}  // namespace

StateHash machineState(u32 parts, const RegistersOfTasks& registers) {
    StateHash hash(parts);
    std::set<u64> frames;
    addObjects(hash, registers, frames);
    if (hash.has(Part::memory))
        for (const u64 pfn : frames)
            hash.page(pfn, std::span<const u8, 4096>(kernel::machine().memory->frame(pfn), 4096));
    for (const kernel::task_struct* task : kernel::runQueueOrdered()) hash.line(Part::run_queue, task->objectName());
    for (const kernel::linux_binfmt* format : kernel::formats()) hash.line(Part::formats, format->name);
    return hash;
}

}  // namespace emu
