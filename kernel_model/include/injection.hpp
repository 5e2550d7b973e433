// --inject: which functions of the booted kernel can be made to fail.
#pragma once

#include "traces/types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kernel {

std::vector<std::string> fallibleFunctions();       // of the booted version, by name, sorted; after setVersion
bool hasTracedFunction(std::string_view name);      // of the booted version, whether or not it can fail

// What else holds when a function ends with this errno: ERESTART* means that a signal interrupted it.
void followInjection(int error);

// Allocations of kernel objects. The model's come from the host, which does not run out: only an injected failure makes one
// fail, and only then it is an event. True: there is no memory.
bool kmallocFails(u64 size);                        // mm/slab.c kmalloc: buffers whose size the input decides
bool kzallocFails(u64 size);                        // include/linux/slab.h kzalloc: linux_binprm
bool kmemCacheAllocFails(std::string_view cache);   // mm/slab.c kmem_cache_alloc: objects of one type
bool allocPageFails();                              // mm/page_alloc.c: page frames

}  // namespace kernel
