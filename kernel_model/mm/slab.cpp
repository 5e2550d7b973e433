// Linux mm/slab.c and mm/page_alloc.c as far as they can be made to fail (include/injection.hpp).
#include "kernel_model/include/injection.hpp"
#include "traces/scope.hpp"

namespace kernel {

namespace {

using traces::Attr;
using traces::Value;

bool fails(std::string_view function, Attr argument) {
    const int error = traces::tracer().injected(function);
    if (!error) return false;
    traces::CallScope{function, {std::move(argument)}}.fail(Value::null());
    return true;
}

// Listed with the traced functions, although a call that succeeds is no event.
constexpr std::string_view KMALLOC = "kmalloc", KZALLOC = "kzalloc", KMEM_CACHE_ALLOC = "kmem_cache_alloc", ALLOC_PAGE = "alloc_page";
std::string_view kmalloc_traced_label() { return KMALLOC; }
std::string_view kzalloc_traced_label() { return KZALLOC; }
std::string_view kmem_cache_alloc_traced_label() { return KMEM_CACHE_ALLOC; }
std::string_view alloc_page_traced_label() { return ALLOC_PAGE; }
TRACED_REGISTER(kmalloc, true)
TRACED_REGISTER(kzalloc, true)
TRACED_REGISTER(kmem_cache_alloc, true)
TRACED_REGISTER(alloc_page, true)

}  // namespace

static bool observed() { return traces::tracer().on(traces::Kind::call); }

bool kmallocFails(u64 size) { return observed() && fails(KMALLOC, {"size", Value::count(static_cast<i64>(size))}); }
bool kzallocFails(u64 size) { return observed() && fails(KZALLOC, {"size", Value::count(static_cast<i64>(size))}); }
bool kmemCacheAllocFails(std::string_view cache) { return observed() && fails(KMEM_CACHE_ALLOC, {"cachep", Value::text(cache)}); }
bool allocPageFails() { return observed() && fails(ALLOC_PAGE, {"order", Value::count(0)}); }

}  // namespace kernel
