// The flag words of mm's system calls as types, shown as strace shows them.
#pragma once

#include "kernel_model/include/linux/syscalls.hpp"

namespace kernel {

struct MemoryProtection {
    u64 bits;
    operator u64() const { return bits; }
};  // PROT_*
struct MappingFlags {
    u64 bits;
    operator u64() const { return bits; }
};  // MAP_*
struct RemapFlags {
    u64 bits;
    operator u64() const { return bits; }
};  // MREMAP_*
struct Advice {
    u64 raw;
    operator int() const { return static_cast<int>(raw); }
};  // MADV_*

inline traces::Value traceValue(MemoryProtection p) { return traces::Value::hex(p.bits); }
inline traces::Value traceValue(MappingFlags f) { return traces::Value::hex(f.bits); }
inline traces::Value traceValue(RemapFlags f) { return traces::Value::hex(f.bits); }
inline traces::Value traceValue(Advice a) { return traces::Value::count(static_cast<int>(a.raw)); }

std::string renderArgument(ArgumentTag<MemoryProtection>, u64 raw);
std::string renderArgument(ArgumentTag<MappingFlags>, u64 raw);
std::string renderArgument(ArgumentTag<RemapFlags>, u64 raw);
std::string renderArgument(ArgumentTag<Advice>, u64 raw);

}  // namespace kernel
