// The initcalls of the formats, by their names in Linux.
#pragma once

namespace loader {

int init_compat_elf_binfmt();

namespace v3_10 {
int init_misc_binfmt();
int init_script_binfmt();
int init_elf_binfmt();
int init_aout_binfmt();
}  // namespace v3_10

namespace v6_1 {
int init_misc_binfmt();
int init_script_binfmt();
int init_elf_binfmt();
}  // namespace v6_1

}  // namespace loader
