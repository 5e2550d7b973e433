// Linux 6.1 fs/binfmt_elf.c elf_core_dump: from the snapshot of the mappings that do_coredump took.
#include "kernel_model/versions/v6_1/coredump.hpp"
#include "loader/elf_core.hpp"
#include "loader/v6_1/elf_image.hpp"

namespace loader::v6_1 {

using namespace kernel;
using kernel::v6_1::dump_emit;

static bool emitHeaders(coredump_params* cprm, const elfhdr& elf, const elf_phdr& notes, u64 offset) {
    if (!dump_emit(cprm, viewOf(elf)) || !dump_emit(cprm, viewOf(notes))) return false;
    for (const core_vma_metadata& meta : cprm->vma_meta) {
        const elf_phdr phdr = loadHeader(meta, offset);
        offset += phdr.p_filesz;
        if (!dump_emit(cprm, viewOf(phdr))) return false;
    }
    return true;
}

static TRACED(bool, write_note_info, (elf_note_info*, info), (coredump_params*, cprm)) {
    return writeNotes(*info, {[cprm](std::span<const u8> data) { return dump_emit(cprm, data); },
                              [cprm] { return kernel::v6_1::dump_align(cprm, 4); }});
}

// There are never as many mappings that e_phnum cannot count them (vm.max_map_count 65530, elf(5) PN_XNUM).
TRACED(bool, elf_core_dump, (coredump_params*, cprm)) {
    const u64 segs = cprm->vma_meta.size() + 1;
    elfhdr elf{};
    elf_note_info info;
    if (!fill_note_info(&elf, static_cast<int>(segs), &info, cprm, &cprm->vma_meta)) return false;
    elf_phdr phdr4note{};
    const u64 notes_at = sizeof elf + segs * sizeof(elf_phdr), size = info.size();
    fill_elf_note_phdr(&phdr4note, size, notes_at);
    const u64 dataoff = PAGE_ALIGN(notes_at + size);
    if (!emitHeaders(cprm, elf, phdr4note, dataoff) || !write_note_info(&info, cprm)) return true;
    kernel::v6_1::dump_skip_to(cprm, dataoff);
    for (const core_vma_metadata& meta : cprm->vma_meta)
        if (!kernel::v6_1::dump_user_range(cprm, meta.start, meta.dump_size)) break;
    return true;                            // what the limit cut off is still a core
}

}  // namespace loader::v6_1
