#include "kernel_model/mm/flags.hpp"

#include <span>

namespace kernel {
namespace {

struct Named {
    u64 bits;
    const char* name;
};

std::string hexOf(u64 bits) { return renderPointer(bits); }

// NAME|NAME|0xrest; `none` when no bit is set.
std::string orOf(std::span<const Named> names, u64 bits, const char* none) {
    std::string text;
    auto add = [&text](const std::string& part) { text += (text.empty() ? "" : "|") + part; };
    for (const Named& n : names) {
        if ((bits & n.bits) != n.bits) continue;
        add(n.name);
        bits &= ~n.bits;
    }
    if (bits) add(hexOf(bits));
    return text.empty() ? none : text;
}

constexpr Named protections[] = {{PROT_READ, "PROT_READ"},
                                 {PROT_WRITE, "PROT_WRITE"},
                                 {PROT_EXEC, "PROT_EXEC"},
                                 {PROT_GROWSDOWN, "PROT_GROWSDOWN"},
                                 {PROT_GROWSUP, "PROT_GROWSUP"}};
constexpr Named mappings[] = {
    {MAP_SHARED, "MAP_SHARED"},       {MAP_PRIVATE, "MAP_PRIVATE"},       {MAP_FIXED, "MAP_FIXED"},
    {MAP_ANONYMOUS, "MAP_ANONYMOUS"}, {MAP_32BIT, "MAP_32BIT"},           {MAP_GROWSDOWN, "MAP_GROWSDOWN"},
    {MAP_DENYWRITE, "MAP_DENYWRITE"}, {MAP_EXECUTABLE, "MAP_EXECUTABLE"}, {MAP_LOCKED, "MAP_LOCKED"},
    {MAP_NORESERVE, "MAP_NORESERVE"}, {MAP_POPULATE, "MAP_POPULATE"},     {MAP_NONBLOCK, "MAP_NONBLOCK"},
    {MAP_STACK, "MAP_STACK"},         {MAP_HUGETLB, "MAP_HUGETLB"},       {MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE"}};
constexpr Named remappings[] = {{MREMAP_MAYMOVE, "MREMAP_MAYMOVE"}, {MREMAP_FIXED, "MREMAP_FIXED"}, {MREMAP_DONTUNMAP, "MREMAP_DONTUNMAP"}};
constexpr Named advices[] = {
    {MADV_NORMAL, "MADV_NORMAL"},           {MADV_RANDOM, "MADV_RANDOM"},     {MADV_SEQUENTIAL, "MADV_SEQUENTIAL"},
    {MADV_WILLNEED, "MADV_WILLNEED"},       {MADV_DONTNEED, "MADV_DONTNEED"}, {MADV_REMOVE, "MADV_REMOVE"},
    {MADV_DONTFORK, "MADV_DONTFORK"},       {MADV_DOFORK, "MADV_DOFORK"},     {MADV_MERGEABLE, "MADV_MERGEABLE"},
    {MADV_UNMERGEABLE, "MADV_UNMERGEABLE"}, {MADV_HUGEPAGE, "MADV_HUGEPAGE"}, {MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE"},
    {MADV_DONTDUMP, "MADV_DONTDUMP"},       {MADV_DODUMP, "MADV_DODUMP"}};

}  // namespace

std::string renderArgument(ArgumentTag<MemoryProtection>, u64 raw) { return orOf(protections, raw, "PROT_NONE"); }
std::string renderArgument(ArgumentTag<MappingFlags>, u64 raw) { return orOf(mappings, raw & 0xffff'ffff, "0"); }
std::string renderArgument(ArgumentTag<RemapFlags>, u64 raw) { return orOf(remappings, raw, "0"); }

std::string renderArgument(ArgumentTag<Advice>, u64 raw) {
    for (const Named& advice : advices)
        if (advice.bits == (raw & 0xffff'ffff)) return advice.name;
    return hexOf(raw & 0xffff'ffff);
}

}  // namespace kernel
