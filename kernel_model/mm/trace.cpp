// The mm events of the trace: vma, page_fill and blob, user_write. They change nothing.
#include "kernel_model/mm/internal.hpp"
#include "traces/blobs.hpp"
#include "traces/hash.hpp"

#include <map>
#include <vector>

namespace kernel {

std::string vmaPermissions(u64 flags) {
    return {flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-', flags & VM_EXEC ? 'x' : '-',
            flags & VM_MAYSHARE ? 's' : 'p'};
}

namespace {

using traces::Attr;
using traces::Kind;
using traces::tracer;
using traces::Value;

std::vector<Attr> describeVma(const char* op, const vm_area_struct* vma) {
    const std::string name = vmaName(vma);
    return {{"op", Value::text(op)},
            {"mm", objectValue(vma->vm_mm.get())},
            {"start", Value::hex(vma->vm_start)},
            {"end", Value::hex(vma->vm_end)},
            {"flags", Value::text(vmaPermissions(vma->vm_flags))},
            {"pgoff", Value::hex(vma->vm_pgoff)},
            {"file", name.empty() ? Value::null() : Value::text(name)}};
}

void addFile(std::vector<Attr>& attrs, const vm_area_struct* vma) {
    if (vma->vm_file) attrs.push_back({"vm_file", objectValue(vma->vm_file)});
}

// The last blobs that were written, by number modulo their count; what comes again while it is among them has a name.
class Blobs {
public:
    // Emits a blob unless one of the last is the same; its id.
    std::string idOf(std::string_view bytes) {
        if (tracer().emitted(Kind::blob) == 0) *this = {};      // another trace (tests)
        const u64 hash = traces::xxh64(bytes.data(), bytes.size());
        const auto known = numbers_.find(hash);
        if (known != numbers_.end() && last_[known->second % traces::blobsKept].bytes == bytes) return name(known->second);
        write(hash, bytes);
        return name(count_++);
    }

private:
    struct Blob {
        u64 hash = 0;
        std::string bytes;
    };
    static std::string name(u64 number) { return "blob#" + std::to_string(number); }

    void write(u64 hash, std::string_view bytes) {
        tracer().emit(Kind::blob, {{"id", Value::text(name(count_))}, {"bytes", Value::bytes(bytes.data(), bytes.size())}});
        if (last_.size() < traces::blobsKept) last_.emplace_back();
        Blob& place = last_[count_ % traces::blobsKept];
        const auto former = numbers_.find(place.hash);
        if (former != numbers_.end() && former->second + traces::blobsKept == count_) numbers_.erase(former);
        place = {hash, std::string(bytes)};
        numbers_[hash] = count_;
    }

    u64 count_ = 0;
    std::vector<Blob> last_;
    std::map<u64, u64> numbers_;        // by hash
};

std::string blobOf(const page* p) {
    static Blobs blobs;
    const char* bytes = reinterpret_cast<const char*>(page_address(p));
    std::size_t size = PAGE_SIZE;
    while (size > 0 && bytes[size - 1] == 0) --size;
    return blobs.idOf({bytes, size});
}

u64 changes = 0;

}  // namespace

u64 vmaChanges() { return changes; }

void traceVma(const char* op, const vm_area_struct* vma) {
    ++changes;
    if (!tracer().on(Kind::vma)) return;
    std::vector<Attr> attrs = describeVma(op, vma);
    addFile(attrs, vma);
    tracer().emit(Kind::vma, std::move(attrs));
}

void traceVmaChange(const vm_area_struct* vma, const VmaRange& before) {
    ++changes;
    if (!tracer().on(Kind::vma)) return;
    const VmaRange now = rangeOf(vma);
    if (now.start == before.start && now.end == before.end && now.flags == before.flags) return;
    std::vector<Attr> attrs = describeVma("change", vma);
    if (now.start != before.start) attrs.push_back({"old_start", Value::hex(before.start)});
    if (now.end != before.end) attrs.push_back({"old_end", Value::hex(before.end)});
    if (vmaPermissions(now.flags) != vmaPermissions(before.flags))
        attrs.push_back({"old_flags", Value::text(vmaPermissions(before.flags))});
    addFile(attrs, vma);
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
    tracer().emit(Kind::user_write, {{"mm", objectValue(mm)}, {"address", Value::hex(address)}, {"bytes", Value::bytes(bytes, size)}});
}

void tracePageWrite(const page* p, u64 offset, u64 size) {
    if (!tracer().on(Kind::page_write) || size == 0) return;
    tracer().emit(Kind::page_write, {{"pfn", Value::hex(page_to_pfn(p))},
                                     {"offset", Value::hex(offset)},
                                     {"bytes", Value::bytes(page_address(p) + offset, size)}});
}

}  // namespace kernel
