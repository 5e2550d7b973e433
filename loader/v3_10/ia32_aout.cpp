// arch/x86/ia32/ia32_aout.c: a.out programs, which are 32-bit. In its place on the list; 32-bit mode is not there yet.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "loader/internal.hpp"

#include <cstring>

namespace loader::v3_10 {

using namespace kernel;

namespace {

// a.out(5): 32-bit little-endian fields.
struct AoutHeader {
    u32 a_info, a_text, a_data, a_bss, a_syms, a_entry, a_trsize, a_drsize;
};
constexpr u16 OMAGIC = 0407, NMAGIC = 0410, ZMAGIC = 0413, QMAGIC = 0314;

u64 textOffset(u16 magic) { return magic == ZMAGIC ? 1024 : magic == QMAGIC ? 0 : sizeof(AoutHeader); }

}  // namespace

static TRACED(int, load_aout_binary, (linux_binprm*, bprm)) {
    AoutHeader header;
    std::memcpy(&header, bprm->buf.data(), sizeof header);
    const auto magic = static_cast<u16>(header.a_info);
    const bool known = magic == OMAGIC || magic == NMAGIC || magic == ZMAGIC || magic == QMAGIC;
    if (!check("N_MAGIC is OMAGIC, NMAGIC, ZMAGIC or QMAGIC", known, magic)) return -ENOEXEC;
    const bool relocations = header.a_trsize || header.a_drsize;
    if (!check("no relocations", !relocations, header.a_trsize)) return -ENOEXEC;
    const u64 size = u64{header.a_text} + header.a_data + header.a_syms + textOffset(magic);
    const auto file_size = static_cast<u64>(bprm->file->f_inode->i_size.get());
    if (!check("file holds its sections", file_size >= size, file_size)) return -ENOEXEC;
    const u64 data = u64{header.a_data} + header.a_bss;
    if (!check("a_data + a_bss <= RLIMIT_DATA", data <= rlimit_cur(RLIMIT_DATA), data)) return -ENOMEM;
    unsupported("feature", "aout_format", "an a.out program", 0, "execve fails with ENOEXEC");
    return -ENOEXEC;
}

static linux_binfmt aout_format = {"aout_format", load_aout_binary};

TRACED(int, init_aout_binfmt) {
    register_binfmt(&aout_format);
    return 0;
}

}  // namespace loader::v3_10
