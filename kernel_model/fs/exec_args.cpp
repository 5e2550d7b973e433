// fs/exec.c: the new stack and the strings on it, while it still belongs to linux_binprm.
#include "kernel_model/include/linux/binfmts.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/version/exec.hpp"

#include <algorithm>
#include <cstring>

namespace kernel {

// asm/page.h VM_DATA_DEFAULT_FLAGS depends on the personality.
u64 stackFlags() { return VM_STACK_FLAGS | (current->personality & READ_IMPLIES_EXEC ? VM_EXEC : 0); }

int createStackVma(linux_binprm* bprm, vm_area_struct* vma) {
    mm_struct* mm = bprm->mm;
    bprm->vma = vma;
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

// Pages of the new stack count as the caller's until the new mm is its own.
void acct_arg_size(linux_binprm* bprm, u64 pages) { bprm->vma_pages = pages; }

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

namespace {

// The page of the new stack that is being filled: several strings may share it (get_arg_page is asked once).
class StackPage {
public:
    explicit StackPage(linux_binprm* bprm) : bprm_(bprm) {}
    ~StackPage() { release(); }
    StackPage(const StackPage&) = delete;
    StackPage& operator=(const StackPage&) = delete;
    Result<u8*> at(u64 pos) {
        if (!page_ || number_ != pos / PAGE_SIZE) {
            release();
            page_ = TRY(version().exec.get_arg_page(bprm_, pos, true));
            number_ = pos / PAGE_SIZE;
        }
        return page_address(page_) + pos % PAGE_SIZE;
    }

private:
    void release() {
        if (page_) put_page(page_);
        page_ = nullptr;
    }
    linux_binprm* bprm_;
    page* page_ = nullptr;
    u64 number_ = 0;
};

// Copies the part of a string that ends at `pos` of the new stack and lies in pos's page; returns its length.
Result<u64> copyIntoPage(linux_binprm* bprm, StackPage& page, const ArgumentString& string, u64 remaining, u64 pos) {
    if (fatal_signal_pending(current)) return Failure{-ERESTARTNOHAND};
    const u64 room = pos % PAGE_SIZE ? pos % PAGE_SIZE : PAGE_SIZE;
    const u64 bytes = std::min(room, remaining);
    u8* to = TRY(page.at(pos - bytes));
    if (!string.copy(to, remaining - bytes, bytes)) return Failure{-EFAULT};
    traceStackWrite(bprm, pos - bytes, to, bytes);
    return bytes;
}

int pushString(linux_binprm* bprm, StackPage& page, const ArgumentString& string) {
    const i64 length = string.length(MAX_ARG_STRLEN);
    if (length == 0) return -EFAULT;
    if (!check("strlen + 1 <= MAX_ARG_STRLEN", static_cast<u64>(length) <= MAX_ARG_STRLEN, length)) return -E2BIG;
    u64 pos = bprm->p;
    u64 remaining = static_cast<u64>(length);
    bprm->p -= remaining;
    if (bprm->argmin && !check("bprm.p >= bprm.argmin", bprm->p >= bprm->argmin, u64{bprm->p})) return -E2BIG;
    while (remaining) {
        const u64 bytes = TRY(copyIntoPage(bprm, page, string, remaining, pos));
        pos -= bytes;
        remaining -= bytes;
    }
    return 0;
}

}  // namespace

// Last string first, so that string 0 ends lowest. From the end of each string to its beginning, a page at a time.
int pushStrings(linux_binprm* bprm, int argc, const user_arg_ptr& argv) {
    StackPage page(bprm);
    while (argc-- > 0) {
        const Result<ArgumentString> string = get_user_arg_ptr(argv, argc);
        if (!string.ok() || !string.value()) return -EFAULT;
        TRY_INT(pushString(bprm, page, string.value()));
    }
    return 0;
}

int pushKernelString(linux_binprm* bprm, const std::string& text) {
    StackPage page(bprm);
    return pushString(bprm, page, {{}, &text});
}

// Scripts and binfmt_misc: the interpreter's arguments take the place of the old argv[0].
TRACED(int, remove_arg_zero, (linux_binprm*, bprm)) {
    if (!bprm->argc) return 0;
    bool ended = false;
    while (!ended) {
        const Result<page*> page = version().exec.get_arg_page(bprm, bprm->p, false);
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
