// Linux v3.10 fs/binfmt_elf.c elf_core_dump and what it dumps of which mapping.
#include "kernel_model/include/version/mm.hpp"
#include "kernel_model/versions/v3_10/coredump.hpp"
#include "loader/elf_core.hpp"
#include "loader/v3_10/elf_image.hpp"

#include <cstring>

namespace loader::v3_10 {

using namespace kernel;
using kernel::v3_10::dump_seek;
using kernel::v3_10::dump_write;

static bool beginsAsElf(u64 address) {
    u32 magic;
    std::memcpy(&magic, ELFMAG, sizeof magic);
    const Result<u32> word = get_user(UserPtr<u32>{address});
    return word.ok() && word.value() == magic;
}
static TRACED(u64, vma_dump_size, (vm_area_struct*, vma), (u64, mm_flags)) {
    switch (dumpExtent(vma, static_cast<u32>(mm_flags))) {
        case DumpExtent::none: return 0;
        case DumpExtent::header: return beginsAsElf(vma->vm_start) ? PAGE_SIZE : 0;
        default: return vma->vm_end - vma->vm_start;
    }
}

// The mappings of the process and the gate behind them, the page of vsyscalls, of which everything is dumped.
static std::vector<core_vma_metadata> allSegments(const coredump_params* cprm) {
    constexpr u64 VSYSCALL_PAGE = 0xffff'ffff'ff60'0000;
    std::vector<core_vma_metadata> all;
    for (const auto& [start, vma] : current->mm->mm_rb)
        all.push_back({vma->vm_start, vma->vm_end, vma->vm_flags, vma_dump_size(vma, cprm->mm_flags), vma->vm_pgoff, vma->vm_file});
    if (version().mm.vsyscall) all.push_back({VSYSCALL_PAGE, VSYSCALL_PAGE + PAGE_SIZE, VM_READ | VM_EXEC, PAGE_SIZE, 0, nullptr});
    return all;
}

namespace {

// The file and the bytes that count against RLIMIT_CORE: not those of the notes.
struct CoreFile {
    coredump_params* cprm;
    u64 size = 0, foffset = 0;
    bool counted(std::span<const u8> data) {
        size += data.size();
        return size <= cprm->limit && dump_write(cprm->file, data);
    }
    bool note(std::span<const u8> data) {
        foffset += data.size();
        return dump_write(cprm->file, data);
    }
    bool alignfile() {
        static constexpr u8 buf[4] = {};
        return foffset % 4 == 0 || note({buf, 4 - foffset % 4});
    }
};
traces::Value traceValue(const CoreFile* f) { return objectValue(f->cprm->file); }

}  // namespace

static bool writeHeaders(CoreFile& core, const elfhdr& elf, const elf_phdr& notes, const std::vector<core_vma_metadata>& segments,
                         u64 offset) {
    if (!core.counted(viewOf(elf)) || !core.counted(viewOf(notes))) return false;
    for (const core_vma_metadata& segment : segments) {
        const elf_phdr phdr = loadHeader(segment, offset);
        offset += phdr.p_filesz;
        if (!core.counted(viewOf(phdr))) return false;
    }
    return true;
}

static TRACED(bool, write_note_info, (elf_note_info*, info), (CoreFile*, file)) {
    return writeNotes(*info, {[file](std::span<const u8> data) { return file->note(data); }, [file] { return file->alignfile(); }});
}

static bool writeSegment(CoreFile& core, const core_vma_metadata& segment) {
    const u64 end = segment.start + segment.dump_size;
    for (u64 addr = segment.start, step; addr < end; addr += step) {
        const u64 hole = dumpHole(addr, end);
        step = hole ? hole : PAGE_SIZE;
        page* page = hole ? nullptr : get_dump_page(addr);
        const bool written = page ? core.counted({page_address(page), PAGE_SIZE}) : dump_seek(core.cprm->file, step);
        if (page) put_page(page);
        if (!written) return false;
    }
    return true;
}

// There are never as many mappings that e_phnum cannot count them (vm.max_map_count 65530, elf(5) PN_XNUM).
TRACED(bool, elf_core_dump, (coredump_params*, cprm)) {
    const std::vector<core_vma_metadata> segments = allSegments(cprm);
    const u64 segs = segments.size() + 1;
    elfhdr elf{};
    elf_note_info info;
    if (!fill_note_info(&elf, static_cast<int>(segs), &info, cprm, &segments)) return false;
    current->flags |= PF_DUMPCORE;
    elf_phdr phdr4note{};
    const u64 notes_at = sizeof elf + segs * sizeof(elf_phdr), size = info.size();
    fill_elf_note_phdr(&phdr4note, size, notes_at);
    const u64 dataoff = PAGE_ALIGN(notes_at + size);
    CoreFile core{cprm, 0, notes_at};
    if (!writeHeaders(core, elf, phdr4note, segments, dataoff) || !write_note_info(&info, &core)) return true;
    if (!dump_seek(cprm->file, dataoff - core.foffset)) return true;
    for (const core_vma_metadata& segment : segments)
        if (!writeSegment(core, segment)) break;
    return true;                            // what the limit cut off is still a core
}

}  // namespace loader::v3_10
