// Linux mm/mempolicy.c: set_mempolicy(2), get_mempolicy(2), mbind(2), of a machine with one node. A policy is kept and shown.
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/sched.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/linux/uaccess.hpp"

#include <algorithm>
#include <vector>

namespace kernel {
namespace {

enum { MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, MPOL_PREFERRED_MANY };
constexpr int MPOL_F_NUMA_BALANCING = 1 << 13, MPOL_F_RELATIVE_NODES = 1 << 14, MPOL_F_STATIC_NODES = 1 << 15;
constexpr u64 MPOL_F_NODE = 1, MPOL_F_ADDR = 2, MPOL_F_MEMS_ALLOWED = 4;
constexpr unsigned MPOL_MF_STRICT = 1, MPOL_MF_MOVE = 2, MPOL_MF_MOVE_ALL = 4;
constexpr u64 MAX_NUMNODES = 1024, MOST_BITS = PAGE_SIZE * 8;
constexpr u64 FUTEX_WAITV = 449;            // 5.16; MPOL_PREFERRED_MANY and NUMA_BALANCING are of 5.15 and 5.12

struct Policy { int mode; bool nodes; };     // nodes: node 0 is among them

// Which nodes are meant: 0 alone is there, others are as none where the mode allows it.
struct Nodes { bool any = false, first = false; };
Result<Nodes> get_nodes(UserPtr<void> nmask, u64 maxnode) {
    if (--maxnode == 0 || !nmask) return Nodes{};
    if (maxnode > MOST_BITS) return Failure{-EINVAL};
    std::vector<u64> words((maxnode + 63) / 64);
    if (copy_from_user(words.data(), nmask, words.size() * 8)) return Failure{-EFAULT};
    if (maxnode % 64) words.back() &= (u64{1} << maxnode % 64) - 1;
    Nodes nodes;
    for (u64 i = 0; i < words.size(); ++i) {
        if (words[i] && i >= MAX_NUMNODES / 64) return Failure{-EINVAL};
        nodes.any |= words[i] != 0;
    }
    nodes.first = words[0] & 1;
    return nodes;
}

Result<Policy> mpol_new(int mode, Nodes nodes) {
    const bool newer = inProfile(FUTEX_WAITV);
    const int flags = mode & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES | (newer ? MPOL_F_NUMA_BALANCING : 0));
    const int moving = flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES);
    mode &= ~flags;
    if (mode < 0 || mode > (newer ? MPOL_PREFERRED_MANY : MPOL_LOCAL)) return Failure{-EINVAL};
    if (moving == (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)) return Failure{-EINVAL};
    if (flags & MPOL_F_NUMA_BALANCING && mode != MPOL_BIND) return Failure{-EINVAL};
    if (mode == MPOL_DEFAULT) return nodes.any ? Result<Policy>(Failure{-EINVAL}) : Policy{MPOL_DEFAULT, false};
    if (mode == MPOL_LOCAL || (mode == MPOL_PREFERRED && !nodes.any)) {
        if (nodes.any || (moving && newer)) return Failure{-EINVAL};
        return Policy{newer ? MPOL_LOCAL : MPOL_PREFERRED, false};
    }
    if (flags & MPOL_F_RELATIVE_NODES) nodes.first = nodes.any;     // counted around the only one
    if (!nodes.first) return Failure{-EINVAL};
    return Policy{mode | flags, true};
}

int copy_nodes_to_user(UserPtr<void> mask, u64 maxnode, bool first) {
    u64 copy = (maxnode - 1 + 63) / 64 * 8;
    if (copy > sizeof(u64)) {
        if (copy > PAGE_SIZE) return -EINVAL;
        if (clear_user(UserPtr<void>(mask.address + sizeof(u64)), copy - sizeof(u64))) return -EFAULT;
        copy = sizeof(u64);
    }
    const u64 word = first;
    return copy_to_user(mask, &word, copy) ? -EFAULT : 0;
}

struct Shown { int policy = 0; bool nodes = false; };
Result<Shown> do_get_mempolicy(u64 addr, u64 flags) {
    if (flags & ~(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED)) return Failure{-EINVAL};
    if (flags & MPOL_F_MEMS_ALLOWED) return flags & (MPOL_F_NODE | MPOL_F_ADDR) ? Result<Shown>(Failure{-EINVAL}) : Shown{0, true};
    if (flags & MPOL_F_ADDR) {
        const vm_area_struct* const vma = find_vma(current->mm, addr);
        if (!vma || vma->vm_start > addr) return Failure{-EFAULT};
        if (!(flags & MPOL_F_NODE)) return Shown{};
        auto page = get_user_page(current->mm, addr & PAGE_MASK, false);
        if (!page.ok()) return Failure{page.error()};
        put_page(*page);
        return Shown{};                     // node 0; the area has no policy
    }
    if (addr) return Failure{-EINVAL};
    if (flags & MPOL_F_NODE)
        return current->mempolicy == MPOL_INTERLEAVE ? Shown{0, current->mempolicy_node} : Result<Shown>(Failure{-EINVAL});
    return Shown{current->mempolicy, current->mempolicy_node};
}

}  // namespace

SYSCALL_DEFINE(3, set_mempolicy, (int, mode), (UserPtr<void>, nmask), (u64, maxnode)) {
    const Nodes nodes = TRY(get_nodes(nmask, maxnode));
    const Policy policy = TRY(mpol_new(mode, nodes));
    current->mempolicy = policy.mode;
    current->mempolicy_node = policy.nodes;
    return 0;
}

SYSCALL_DEFINE(5, get_mempolicy, (UserPtr<int>, policy), (UserPtr<void>, nmask), (u64, maxnode), (u64, addr), (u64, flags)) {
    if (nmask && maxnode < 1) return -EINVAL;
    const Shown shown = TRY(do_get_mempolicy(addr, flags));
    if (policy) TRY_INT(put_user(shown.policy, policy));
    return nmask ? copy_nodes_to_user(nmask, maxnode, shown.nodes) : 0;
}

SYSCALL_DEFINE(6, mbind, (u64, start), (u64, len), (int, mode), (UserPtr<void>, nmask), (u64, maxnode), (unsigned, flags)) {
    const Nodes nodes = TRY(get_nodes(nmask, maxnode));
    if (flags & ~(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)) return -EINVAL;
    if (flags & MPOL_MF_MOVE_ALL && !capable(CAP_SYS_NICE)) return -EPERM;
    u64 rounded = 0, end = 0;
    if (start & ~PAGE_MASK || __builtin_add_overflow(len, PAGE_SIZE - 1, &rounded)) return -EINVAL;
    if (__builtin_add_overflow(start, rounded & PAGE_MASK, &end)) return -EINVAL;
    if (end == start) return 0;
    const Policy policy = TRY(mpol_new(mode, nodes));
    u64 at = start;                         // without a gap, unless the policy goes
    for (const vm_area_struct* vma = find_vma(current->mm, start); vma && vma->vm_start < end && (vma->vm_start <= at || policy.mode == MPOL_DEFAULT);
         vma = find_vma(current->mm, at))
        at = vma->vm_end;
    return at < end && (policy.mode != MPOL_DEFAULT || at == start) ? -EFAULT : 0;
}

}  // namespace kernel
