// Kernel access to user memory of the current task (Linux include/linux/uaccess.h). Faults pages in as the real one does.
#pragma once

#include "kernel_model/include/linux/types.hpp"

#include <span>
#include <string>

namespace kernel {

// Number of bytes NOT copied: 0 is success.
u64 copy_to_user(UserPtr<void> to, const void* from, u64 n);
u64 copy_from_user(void* to, UserPtr<void> from, u64 n);
u64 clear_user(UserPtr<void> to, u64 n);
// Length including the NUL, 0 on a fault, more than `max` when there is no NUL in max bytes (strnlen_user(9)).
i64 strnlen_user(UserPtr<const char> s, i64 max);
// Copies up to count bytes including the NUL; length without NUL, count if none was seen, or -EFAULT.
i64 strncpy_from_user(std::string& to, UserPtr<const char> from, u64 count);

template <class T>
[[nodiscard]] int put_user(const T& value, UserPtr<T> to) { return copy_to_user(UserPtr<void>(to), &value, sizeof value) ? -EFAULT : 0; }
template <class T>
Result<T> get_user(UserPtr<const T> from) {
    T value{};
    if (copy_from_user(&value, UserPtr<void>(from), sizeof value)) return Failure{-EFAULT};
    return value;
}
template <class T>
Result<T> get_user(UserPtr<T> from) { return get_user(UserPtr<const T>{from.address}); }

}  // namespace kernel
