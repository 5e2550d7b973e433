// The mm events of the trace: vma, page_fill and blob, user_write. They change nothing.
#include "kernel_model/mm/internal.hpp"
#include "traces/hash.hpp"

#include <map>

namespace kernel {
namespace {

using traces::Attr;
using traces::Kind;
using traces::tracer;
using traces::Value;

std::string permissions(u64 flags) {
    return {flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-', flags & VM_EXEC ? 'x' : '-',
            flags & VM_MAYSHARE ? 's' : 'p'};
}

std::vector<Attr> describeVma(const char* op, const vm_area_struct* vma) {
    const std::string name = vmaName(vma);
    return {{"op", Value::text(op)},
            {"mm", objectValue(vma->vm_mm.get())},
            {"start", Value::hex(vma->vm_start)},
            {"end", Value::hex(vma->vm_end)},
            {"flags", Value::text(permissions(vma->vm_flags))},
            {"pgoff", Value::hex(vma->vm_pgoff)},
            {"file", name.empty() ? Value::null() : Value::text(name)}};
}

// Each content is written once; its id counts the blobs.
std::string blobOf(const page* p) {
    static std::map<u64, std::string> written;
    static u64 trace_start = 0;
    if (tracer().emitted(Kind::blob) == 0 && trace_start != 0) {  // a new trace (tests)
        written.clear();
        trace_start = 0;
    }
    const u8* bytes = page_address(p);
    std::size_t size = PAGE_SIZE;
    while (size > 0 && bytes[size - 1] == 0) --size;
    const u64 hash = traces::xxh64(bytes, size);
    if (const auto known = written.find(hash); known != written.end()) return known->second;
    const std::string id = "blob#" + std::to_string(written.size());
    written[hash] = id;
    trace_start = 1;
    tracer().emit(Kind::blob, {{"id", Value::text(id)}, {"bytes", Value::bytes(bytes, size)}});
    return id;
}

}  // namespace

void traceVma(const char* op, const vm_area_struct* vma) {
    if (tracer().on(Kind::vma)) tracer().emit(Kind::vma, describeVma(op, vma));
}

void traceVmaChange(const vm_area_struct* vma, const VmaRange& before) {
    if (!tracer().on(Kind::vma)) return;
    const VmaRange now = rangeOf(vma);
    if (now.start == before.start && now.end == before.end && now.flags == before.flags) return;
    std::vector<Attr> attrs = describeVma("change", vma);
    if (now.start != before.start) attrs.push_back({"old_start", Value::hex(before.start)});
    if (now.end != before.end) attrs.push_back({"old_end", Value::hex(before.end)});
    if (permissions(now.flags) != permissions(before.flags))
        attrs.push_back({"old_flags", Value::text(permissions(before.flags))});
    tracer().emit(Kind::vma, std::move(attrs));
}

void tracePageFill(const page* p, const char* source, Value from) {
    if (!tracer().on(Kind::page_fill)) return;
    const std::string_view kind = source;
    page* filled = pfn_to_page(page_to_pfn(p));
    if ((kind == "file" || kind == "kernel") && filled->flags & PG_traced) return;
    filled->flags |= PG_traced;
    std::vector<Attr> attrs{{"pfn", Value::hex(page_to_pfn(p))}, {"source", Value::text(kind)}};
    if (const Value* path = from.find("file")) attrs.push_back({"file", *path});
    if (const Value* offset = from.find("offset")) attrs.push_back({"offset", *offset});
    if (kind == "copy") attrs.push_back({"from", from});
    if ((kind == "file" || kind == "kernel") && tracer().on(Kind::blob))
        attrs.push_back({"blob", Value::text(blobOf(p))});
    tracer().emit(Kind::page_fill, std::move(attrs));
}

// Pages of tables and of files that nobody maps stay silent.
void tracePageCount(const page* p, const char* field, int before, int after) {
    if (p->_mapcount == 0 && !isAnon(p) && std::string_view(field) != "_mapcount") return;
    tracer().emit(Kind::set, {{"object", Value::text("page#" + std::to_string(page_to_pfn(p)))},
                              {"field", Value::text(field)},
                              {"old", Value::count(before)},
                              {"new", Value::count(after)}});
}

void traceUserWrite(const mm_struct* mm, u64 address, const void* bytes, u64 size) {
    if (!tracer().on(Kind::user_write) || size == 0) return;
    std::vector<Attr> attrs;
    if (mm != current->mm.get()) attrs.push_back({"mm", objectValue(mm)});
    attrs.push_back({"address", Value::hex(address)});
    attrs.push_back({"bytes", Value::bytes(bytes, size)});
    tracer().emit(Kind::user_write, std::move(attrs));
}

}  // namespace kernel
