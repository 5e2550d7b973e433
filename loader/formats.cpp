#include "loader/formats.hpp"

#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/version/version.hpp"
#include "loader/internal.hpp"

namespace loader {

using kernel::Initcall;

namespace {

struct Formats {
    std::string_view profile;
    std::vector<Initcall> initcalls;
};

// Linux's order: within core_initcall that of fs/Makefile, then subsys_initcall (the vDSO), then device_initcall and modules.
// misc goes to the head of the list, so the formats end as misc, script, elf, compat_elf and, in v3.10, aout.
std::vector<Formats> all() {
    return {
        {"v3.10", {v3_10::init_misc_binfmt, v3_10::init_script_binfmt, v3_10::init_elf_binfmt, init_compat_elf_binfmt,
                   kernel::v3_10::init_vdso, v3_10::init_aout_binfmt}},
        {"v6.1", {v6_1::init_script_binfmt, v6_1::init_elf_binfmt, init_compat_elf_binfmt, kernel::v6_1::init_vdso_image_64,
                  v6_1::init_misc_binfmt}},
    };
}

}  // namespace

void installFormats() {
    for (Formats& formats : all())
        if (formats.profile == kernel::version().profile) kernel::setBinfmtInitcalls(std::move(formats.initcalls));
}

}  // namespace loader
