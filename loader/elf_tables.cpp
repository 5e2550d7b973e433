// fs/binfmt_elf.c create_elf_tables: what lies on the stack when the program starts (spec: exec-semantics §4 step D).
#include "kernel_model/include/version/mm.hpp"
#include "loader/elf.hpp"

#include <algorithm>
#include <array>

namespace loader {

using namespace kernel;

namespace {

constexpr char platform[] = "x86_64";       // ELF_PLATFORM
using RandomBytes = std::array<u8, 16>;

// Writes 8-byte values upwards.
class StackWriter {
public:
    explicit StackWriter(u64 at) : at_(at) {}
    bool put(u64 value) {
        if (put_user(value, UserPtr<u64>{at_})) return false;
        at_ += sizeof value;
        return true;
    }

private:
    u64 at_;
};

// The pointers to `number` strings that lie one behind the other from `p` on, and a null.
Result<u64> putPointers(StackWriter& stack, u64 p, int number) {
    for (; number > 0; --number) {
        if (!stack.put(p)) return Failure{-EFAULT};
        const i64 length = strnlen_user(UserPtr<const char>{p}, MAX_ARG_STRLEN);
        if (length == 0 || length > static_cast<i64>(MAX_ARG_STRLEN)) return Failure{-EINVAL};
        p += static_cast<u64>(length);
    }
    if (!stack.put(0)) return Failure{-EFAULT};
    return p;
}

void saveAuxiliary(mm_struct* mm, const AuxiliaryVector& auxv) {
    mm->saved_auxv.fill(0);
    BUG_ON(auxv.size() * 2 > mm->saved_auxv.size());
    for (std::size_t i = 0; i < auxv.size(); ++i) {
        mm->saved_auxv[2 * i] = auxv[i].first;
        mm->saved_auxv[2 * i + 1] = auxv[i].second;
    }
}

int writeVectors(linux_binprm* bprm, const StackLayout& layout, const AuxiliaryVector& auxv) {
    mm_struct* mm = current->mm;
    if (!version().mm.find_extend_vma(mm, bprm->p)) return -EFAULT;
    StackWriter stack(layout.argc);
    if (!stack.put(static_cast<u64>(bprm->argc.get()))) return -EFAULT;
    mm->arg_end = mm->arg_start.get();
    const u64 arg_end = TRY(putPointers(stack, mm->arg_start, bprm->argc));
    mm->arg_end = arg_end;
    mm->env_start = arg_end;
    mm->env_end = TRY(putPointers(stack, arg_end, bprm->envc));
    const u64 bytes = auxv.size() * 2 * sizeof(u64);
    return copy_to_user(UserPtr<void>(layout.auxv), mm->saved_auxv.data(), bytes) ? -EFAULT : 0;
}

}  // namespace

AuxiliaryValues auxiliaryValues(const linux_binprm* bprm, const elfhdr& exec) {
    const struct cred* cred = current->cred;
    AuxiliaryValues v{};
    v.sysinfo_ehdr = current->mm->vdso;
    v.phent = sizeof(Elf64_Phdr);
    v.phnum = exec.e_phnum;
    v.uid = cred->uid;
    v.euid = cred->euid;
    v.gid = cred->gid;
    v.egid = cred->egid;
    v.execfn = bprm->exec;
    return v;
}

StackLayout layOutStack(u64 bottom, u64 argc, u64 envc, u64 auxiliary_pairs) {
    StackLayout s{};
    s.platform = bottom - sizeof platform;
    s.random = s.platform - sizeof(RandomBytes);
    const u64 items = (argc + 1) + (envc + 1) + 1;
    s.argc = (s.random - 16 * auxiliary_pairs - 8 * items) & ~u64{15};
    s.argv = s.argc + 8;
    s.envp = s.argv + 8 * (argc + 1);
    s.auxv = s.envp + 8 * (envc + 1);
    return s;
}

int createElfTables(linux_binprm* bprm, AuxiliaryValues values, ListAuxiliary list) {
    const u64 bottom = arch_align_stack(bprm->p);
    const u64 pairs = list(values).size();
    const StackLayout layout = layOutStack(bottom, static_cast<u64>(bprm->argc.get()), static_cast<u64>(bprm->envc.get()), pairs);
    Local<u64> u_platform("u_platform"), u_rand_bytes("u_rand_bytes");
    u_platform = layout.platform;
    if (copy_to_user(UserPtr<void>(layout.platform), platform, sizeof platform)) return -EFAULT;
    RandomBytes k_rand_bytes;
    get_random_bytes(k_rand_bytes.data(), k_rand_bytes.size());
    u_rand_bytes = layout.random;
    if (copy_to_user(UserPtr<void>(layout.random), k_rand_bytes.data(), k_rand_bytes.size())) return -EFAULT;
    values.platform = layout.platform;
    values.random = layout.random;
    const AuxiliaryVector auxv = list(values);
    saveAuxiliary(current->mm, auxv);
    bprm->p = layout.argc;
    return writeVectors(bprm, layout, auxv);
}

}  // namespace loader
