// fs/exec.c: the new stack and the strings on it, while it still belongs to linux_binprm.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"

#include <algorithm>
#include <cstring>

namespace kernel {

// VM_STACK_FLAGS depends on the personality (asm/page.h VM_DATA_DEFAULT_FLAGS).
static u64 stackFlags() { return VM_STACK_FLAGS | (current->personality & READ_IMPLIES_EXEC ? VM_EXEC : 0); }

static TRACED(int, __bprm_mm_init, (linux_binprm*, bprm)) {
    mm_struct* mm = bprm->mm;
    auto* vma = new vm_area_struct;
    bprm->vma = vma;
    vma->vm_mm = mm;
    vma->vm_end = STACK_TOP_MAX;
    vma->vm_start = vma->vm_end - PAGE_SIZE;
    vma->vm_flags = stackFlags() | VM_STACK_INCOMPLETE_SETUP;
    if (const int error = insert_vm_struct(mm, vma); error < 0) {
        bprm->vma = nullptr;
        delete vma;
        return error;
    }
    mm->stack_vm = 1;
    mm->total_vm = 1;
    bprm->p = vma->vm_end - sizeof(u64);
    return 0;
}

TRACED(int, bprm_mm_init, (linux_binprm*, bprm)) {
    mm_struct* mm = mm_alloc();
    if (!mm) return -ENOMEM;
    bprm->mm = mm;
    int error = init_new_context(current, mm);
    if (!error) error = __bprm_mm_init(bprm);
    if (error < 0) {
        bprm->mm = nullptr;
        mmdrop(mm);
    }
    return error;
}

namespace {

// One string of a user_arg_ptr, in user memory or in the kernel's own.
struct ArgumentString {
    UserPtr<const char> user;
    const std::string* kernel = nullptr;

    explicit operator bool() const { return user || kernel; }
    // As strnlen_user: with the NUL; 0 on a fault; more than max when it is longer.
    i64 length(i64 max) const {
        if (!kernel) return strnlen_user(user, max);
        return std::min<i64>(static_cast<i64>(std::strlen(kernel->c_str())), max) + 1;
    }
    bool copy(void* to, u64 offset, u64 bytes) const {
        if (!kernel) return copy_from_user(to, UserPtr<void>(user.address + offset), bytes) == 0;
        std::memcpy(to, kernel->c_str() + offset, bytes);
        return true;
    }
};

Result<ArgumentString> get_user_arg_ptr(const user_arg_ptr& argv, int nr) {
    const auto index = static_cast<u64>(nr);
    if (argv.kernel) return index < argv.kernel->size() ? ArgumentString{{}, &(*argv.kernel)[index]} : ArgumentString{};
    return ArgumentString{{TRY(get_user(argv.native + index))}};
}

}  // namespace

// A NULL argv counts as empty (execve(2), NOTES).
TRACED(int, count, (user_arg_ptr, argv), (int, max)) {
    if (!argv.kernel && !argv.native) return 0;
    for (int i = 0;; ++i) {
        const Result<ArgumentString> string = get_user_arg_ptr(argv, i);
        if (!string.ok()) return -EFAULT;
        if (!string.value()) return i;
        if (i >= max) return -E2BIG;
        if (fatal_signal_pending(current)) return -ERESTARTNOHAND;
    }
}

static void traceStackWrite(const linux_binprm* bprm, u64 address, const void* bytes, u64 n) {
    if (!traces::tracer().on(traces::Kind::user_write)) return;
    traces::tracer().emit(traces::Kind::user_write, {{"mm", traceValue(bprm->mm.get())},
                                                     {"address", traces::Value::hex(address)},
                                                     {"bytes", traces::Value::bytes(bytes, n)}});
}

// Copies the part of a string that ends at `pos` of the new stack and lies in pos's page; returns its length.
static Result<u64> copyIntoPage(linux_binprm* bprm, const ArgumentString& string, u64 remaining, u64 pos) {
    if (fatal_signal_pending(current)) return Failure{-ERESTARTNOHAND};
    const u64 room = pos % PAGE_SIZE ? pos % PAGE_SIZE : PAGE_SIZE;
    const u64 bytes = std::min(room, remaining);
    page* page = TRY(get_arg_page(bprm, pos - bytes, true));
    u8* to = page_address(page) + (room - bytes);
    const bool copied = string.copy(to, remaining - bytes, bytes);
    if (copied) traceStackWrite(bprm, pos - bytes, to, bytes);
    put_page(page);
    if (!copied) return Failure{-EFAULT};
    return bytes;
}

static int pushString(linux_binprm* bprm, const ArgumentString& string) {
    const i64 length = string.length(MAX_ARG_STRLEN);
    if (length == 0) return -EFAULT;
    if (!check("strlen + 1 <= MAX_ARG_STRLEN", static_cast<u64>(length) <= MAX_ARG_STRLEN, length)) return -E2BIG;
    u64 pos = bprm->p;
    u64 remaining = static_cast<u64>(length);
    bprm->p -= remaining;
    while (remaining) {
        const u64 bytes = TRY(copyIntoPage(bprm, string, remaining, pos));
        pos -= bytes;
        remaining -= bytes;
    }
    return 0;
}

// Last string first, so that string 0 ends lowest. From the end of each string to its beginning, a page at a time.
TRACED(int, copy_strings, (int, argc), (user_arg_ptr, argv), (linux_binprm*, bprm)) {
    while (argc-- > 0) {
        const Result<ArgumentString> string = get_user_arg_ptr(argv, argc);
        if (!string.ok() || !string.value()) return -EFAULT;
        TRY_INT(pushString(bprm, string.value()));
    }
    return 0;
}

TRACED(int, copy_strings_kernel, (int, argc), (const KernelStrings&, strings), (linux_binprm*, bprm)) {
    return copy_strings(argc, {{}, &strings}, bprm);
}

// Scripts and binfmt_misc: the interpreter's arguments take the place of the old argv[0].
TRACED(int, remove_arg_zero, (linux_binprm*, bprm)) {
    if (!bprm->argc) return 0;
    bool ended = false;
    while (!ended) {
        const Result<page*> page = get_arg_page(bprm, bprm->p, false);
        if (!page.ok()) return -EFAULT;
        const u8* bytes = page_address(page.value());
        u64 offset = bprm->p % PAGE_SIZE;
        const u64 start = offset;
        while (offset < PAGE_SIZE && bytes[offset]) ++offset;
        bprm->p += offset - start;
        ended = offset < PAGE_SIZE;
        put_page(page.value());
    }
    bprm->p += 1;
    bprm->argc = bprm->argc - 1;
    return 0;
}

}  // namespace kernel
