// load_elf_binary of v3.10 up to flush_old_exec: the headers and the interpreter's file. Nothing is changed yet.
#include "loader/v3_10/elf_image.hpp"

#include "kernel_model/include/injection.hpp"

#include <cstring>

namespace loader::v3_10 {

using namespace kernel;

constexpr u64 MAX_TABLE = 65536;        // bytes of program headers
constexpr u64 PATH_LIMIT = 4096;        // PATH_MAX

ElfImage::~ElfImage() {
    if (!interpreter) return;
    allow_write_access(interpreter);
    fput(interpreter);
}

int readHeaders(linux_binprm* bprm, ElfImage& image) {
    std::memcpy(&image.elf_ex, bprm->buf.data(), sizeof(Elf64_Ehdr));
    const elfhdr& header = image.elf_ex;
    const bool ours = hasElfMagic(header) && isExecutableType(header) && elf_check_arch(header) && canBeMapped(bprm->file) &&
                      hasProgramHeaders(header, MAX_TABLE);
    if (!ours) return -ENOEXEC;
    if (kmallocFails(header.e_phnum * sizeof(elf_phdr))) return -ENOMEM;
    image.elf_phdata = TRY(readProgramHeaders(bprm->file, header));
    return 0;
}

static Result<std::string> readInterpreterPath(file* file, const elf_phdr& header) {
    const bool length = header.p_filesz >= 2 && header.p_filesz <= PATH_LIMIT;
    if (!check("2 <= PT_INTERP p_filesz <= PATH_MAX", length, u64{header.p_filesz})) return Failure{-ENOEXEC};
    if (kmallocFails(header.p_filesz)) return Failure{-ENOMEM};
    std::string path(header.p_filesz, '\0');
    const int read = kernel_read(file, static_cast<loff_t>(header.p_offset), path.data(), path.size());
    if (!check("the file holds PT_INTERP", read == static_cast<int>(path.size()), read)) return Failure{read < 0 ? read : -EIO};
    if (!check("PT_INTERP ends with NUL", path.back() == '\0', int{path.back()})) return Failure{-ENOEXEC};
    return path.substr(0, path.find('\0'));
}

// The first bytes of the interpreter take the program's place in bprm.buf.
static int readInterpreterHeader(linux_binprm* bprm, ElfImage& image) {
    would_dump(bprm, image.interpreter);
    const int read = kernel_read(image.interpreter, 0, bprm->buf.data(), BUF_SIZE);
    if (!check("interpreter has 128 bytes", read == static_cast<int>(BUF_SIZE), read)) return read < 0 ? read : -EIO;
    std::memcpy(&image.interp_elf_ex, bprm->buf.data(), sizeof(Elf64_Ehdr));
    return 0;
}

static int stackPermission(const ProgramHeaders& headers) {
    const elf_phdr* stack = findHeader(headers, PT_GNU_STACK);
    if (!stack) return EXSTACK_DEFAULT;
    return stack->p_flags & PF_X ? EXSTACK_ENABLE_X : EXSTACK_DISABLE_X;
}

int openInterpreter(linux_binprm* bprm, ElfImage& image) {
    const elf_phdr* interp = findHeader(image.elf_phdata, PT_INTERP);
    if (interp) {
        const std::string path = TRY(readInterpreterPath(bprm->file, *interp));
        image.elf_interpreter = path;
        image.interpreter = TRY(open_exec(path));
        TRY_INT(readInterpreterHeader(bprm, image));
    }
    image.executable_stack = stackPermission(image.elf_phdata);
    if (!interp) return 0;
    return hasElfMagic(image.interp_elf_ex) && elf_check_arch(image.interp_elf_ex) ? 0 : -ELIBBAD;
}

}  // namespace loader::v3_10
