// Linux arch/x86/lib/usercopy_64.c, lib/strncpy_from_user.c, lib/strnlen_user.c: the kernel's access to user memory.
#include "kernel_model/mm/internal.hpp"

#include <cstring>

namespace kernel {
namespace {

bool access_ok(u64 address, u64 n) { return n <= TASK_SIZE && address <= TASK_SIZE - n; }

// Host pointer to a user byte of current, faulted in if need be; valid to the end of its page.
u8* userByte(u64 address, bool write) {
    if (current->mm == nullptr || address >= TASK_SIZE) return nullptr;
    const cpu::Access access = write ? cpu::Access::write : cpu::Access::read;
    if (u8* byte = processor().userByte(address, access)) return byte;
    return fault_in_user_byte(address, write) ? processor().userByte(address, access) : nullptr;
}

u64 untilPageEnd(u64 address) { return PAGE_SIZE - (address & ~PAGE_MASK); }

// Calls f(host bytes, offset, size) page by page; how many bytes could not be reached.
template <class F>
u64 forEachPiece(u64 address, u64 n, bool write, F f) {
    if (!access_ok(address, n)) return n;
    u64 done = 0;
    while (done < n) {
        u8* bytes = userByte(address + done, write);
        if (bytes == nullptr) break;
        const u64 size = std::min(n - done, untilPageEnd(address + done));
        f(bytes, done, size);
        done += size;
    }
    return n - done;
}

}  // namespace

u64 copy_to_user(UserPtr<void> to, const void* from, u64 n) {
    const u64 left = forEachPiece(to.address, n, true, [from](u8* bytes, u64 offset, u64 size) {
        std::memcpy(bytes, static_cast<const u8*>(from) + offset, size);
    });
    traceUserWrite(current->mm, to.address, from, n - left);
    return left;
}

u64 copy_from_user(void* to, UserPtr<void> from, u64 n) {
    const u64 left = forEachPiece(from.address, n, false, [to](const u8* bytes, u64 offset, u64 size) {
        std::memcpy(static_cast<u8*>(to) + offset, bytes, size);
    });
    if (left != 0 && left <= n) std::memset(static_cast<u8*>(to) + (n - left), 0, left);  // as Linux does
    return left;
}

u64 clear_user(UserPtr<void> to, u64 n) {
    return forEachPiece(to.address, n, true, [to](u8* bytes, u64 offset, u64 size) {
        std::memset(bytes, 0, size);
        traceUserWrite(current->mm, to.address + offset, bytes, size);
    });
}

i64 strnlen_user(UserPtr<const char> s, i64 max) {
    if (max <= 0 || s.address >= TASK_SIZE) return 0;
    const u64 limit = std::min(static_cast<u64>(max), TASK_SIZE - s.address);
    for (u64 done = 0; done < limit;) {
        const u8* bytes = userByte(s.address + done, false);
        if (bytes == nullptr) return 0;
        const u64 size = std::min(limit - done, untilPageEnd(s.address + done));
        if (const void* end = std::memchr(bytes, 0, size))
            return static_cast<i64>(done) + (static_cast<const u8*>(end) - bytes) + 1;
        done += size;
    }
    return limit == static_cast<u64>(max) ? max + 1 : 0;
}

i64 strncpy_from_user(std::string& to, UserPtr<const char> from, u64 count) {
    to.clear();
    if (from.address >= TASK_SIZE) return -EFAULT;
    const u64 limit = std::min(count, TASK_SIZE - from.address);
    while (to.size() < limit) {
        const u64 at = from.address + to.size();
        const u8* bytes = userByte(at, false);
        if (bytes == nullptr) return -EFAULT;
        const u64 size = std::min(limit - to.size(), untilPageEnd(at));
        const void* end = std::memchr(bytes, 0, size);
        to.append(reinterpret_cast<const char*>(bytes), end ? static_cast<const u8*>(end) - bytes : size);
        if (end) return static_cast<i64>(to.size());
    }
    return limit == count ? static_cast<i64>(count) : -EFAULT;
}

}  // namespace kernel
