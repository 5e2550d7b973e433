// load_elf_binary of v6.1 up to begin_new_exec: the headers and the interpreter's file. Nothing is changed yet.
#include "loader/v6_1/elf_image.hpp"

#include "kernel_model/include/injection.hpp"

#include <algorithm>
#include <cstring>

namespace loader::v6_1 {

using namespace kernel;

constexpr u64 PATH_LIMIT = 4096;        // PATH_MAX

void ElfImage::releaseInterpreter() {
    if (!interpreter) return;
    allow_write_access(interpreter);
    fput(interpreter);
    interpreter = nullptr;
}

namespace {

struct Buffer {
    void* address;
};
traces::Value traceValue(Buffer) { return traces::Value::null(); }

TRACED(int, elf_read, (file*, file), (Buffer, buf), (u64, len), (loff_t, pos)) {
    const int read = kernel_read(file, pos, buf.address, len);
    if (check("the file holds what its headers say", read == static_cast<int>(len), read)) return 0;
    return read < 0 ? read : -EIO;
}

// Whatever goes wrong, the caller's error is its own.
TRACED(Result<ProgramHeaders>, load_elf_phdrs, (const elfhdr*, elf_ex), (file*, elf_file)) {
    if (!hasProgramHeaders(*elf_ex, PAGE_SIZE)) return Failure{-ENOEXEC};
    if (kmallocFails(elf_ex->e_phnum * sizeof(elf_phdr))) return Failure{-ENOMEM};
    ProgramHeaders headers(elf_ex->e_phnum);
    TRY_INT(elf_read(elf_file, {headers.data()}, headers.size() * sizeof(elf_phdr), static_cast<loff_t>(elf_ex->e_phoff)));
    return headers;
}

}  // namespace

int readHeaders(linux_binprm* bprm, ElfImage& image) {
    std::memcpy(&image.elf_ex, bprm->buf.data(), sizeof(Elf64_Ehdr));
    const elfhdr& header = image.elf_ex;
    const bool ours = hasElfMagic(header) && isExecutableType(header) && elf_check_arch(header) && canBeMapped(bprm->file);
    if (!ours) return -ENOEXEC;
    Result<ProgramHeaders> headers = load_elf_phdrs(&header, bprm->file);
    if (!headers.ok()) return -ENOEXEC;
    image.elf_phdata = std::move(headers.value());
    return 0;
}

namespace {

Result<std::string> readInterpreterPath(file* file, const elf_phdr& header) {
    const bool length = header.p_filesz >= 2 && header.p_filesz <= PATH_LIMIT;
    if (!check("2 <= PT_INTERP p_filesz <= PATH_MAX", length, u64{header.p_filesz})) return Failure{-ENOEXEC};
    if (kmallocFails(header.p_filesz)) return Failure{-ENOMEM};
    std::string path(header.p_filesz, '\0');
    TRY_INT(elf_read(file, {path.data()}, path.size(), static_cast<loff_t>(header.p_offset)));
    if (!check("PT_INTERP ends with NUL", path.back() == '\0', int{path.back()})) return Failure{-ENOEXEC};
    return path.substr(0, path.find('\0'));
}

int openFile(linux_binprm* bprm, ElfImage& image, const elf_phdr& interp) {
    const std::string path = TRY(readInterpreterPath(bprm->file, interp));
    image.elf_interpreter = path;
    image.interpreter = TRY(open_exec(path));
    would_dump(bprm, image.interpreter);
    if (kmallocFails(sizeof(Elf64_Ehdr))) return -ENOMEM;
    return elf_read(image.interpreter, {static_cast<Elf64_Ehdr*>(&image.interp_elf_ex)}, sizeof(Elf64_Ehdr), 0);
}

// The last PT_GNU_STACK counts.
int stackPermission(const ProgramHeaders& headers) {
    const auto found = std::find_if(headers.rbegin(), headers.rend(), [](const elf_phdr& h) { return h.p_type == PT_GNU_STACK; });
    if (found == headers.rend()) return EXSTACK_DEFAULT;
    return found->p_flags & PF_X ? EXSTACK_ENABLE_X : EXSTACK_DISABLE_X;
}

}  // namespace

int openInterpreter(linux_binprm* bprm, ElfImage& image) {
    const elf_phdr* interp = findHeader(image.elf_phdata, PT_INTERP);
    if (interp) TRY_INT(openFile(bprm, image, *interp));
    image.executable_stack = stackPermission(image.elf_phdata);
    if (!interp) return 0;
    if (!hasElfMagic(image.interp_elf_ex) || !elf_check_arch(image.interp_elf_ex)) return -ELIBBAD;
    Result<ProgramHeaders> headers = load_elf_phdrs(&image.interp_elf_ex, image.interpreter);
    if (!headers.ok()) return -ELIBBAD;
    image.interp_elf_phdata = std::move(headers.value());
    return 0;
}

}  // namespace loader::v6_1
