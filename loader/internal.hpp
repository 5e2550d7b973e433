// The initcalls of the formats, by their names in Linux.
#pragma once

namespace loader {

int init_misc_binfmt();
int init_script_binfmt();
int init_elf_binfmt();
int init_compat_elf_binfmt();
int init_aout_binfmt();

}  // namespace loader
