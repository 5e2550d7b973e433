#include "emu/export/traced_memory.hpp"

#include "emu/tools/text.hpp"
#include "traces/blobs.hpp"
#include "traces/json_text.hpp"

#include <algorithm>
#include <cstring>

namespace emu {

using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

std::size_t slotOf(const std::string& blob) {
    const std::size_t hash = blob.find('#');
    return hash == std::string::npos ? 0 :
                                       static_cast<std::size_t>(std::strtoull(blob.c_str() + hash + 1, nullptr, 10) % traces::blobsKept);
}

u64 neededKinds() {
    u64 mask = 0;
    for (const Kind kind : {Kind::pte, Kind::page_fill, Kind::blob, Kind::user_write, Kind::page_write, Kind::registers, Kind::insn})
        mask |= traces::bit(kind);
    return mask;
}

}  // namespace

void TracedMemory::writeFrame(u64 pfn, u64 offset, std::string_view bytes) {
    if (pfn >= mostFrames || offset >= pageSize) return;
    std::memcpy(frames_[pfn].data() + offset, bytes.data(), std::min<std::size_t>(bytes.size(), pageSize - offset));
}

void TracedMemory::write(const std::string& mm, u64 address, const std::string& hexBytes) {
    const auto space = spaces_.find(mm);
    if (space == spaces_.end()) return;
    const std::string bytes = traces::bytesFromHex(hexBytes);
    for (u64 done = 0; done < bytes.size();) {
        const u64 at = address + done, offset = at % pageSize, part = std::min<u64>(bytes.size() - done, pageSize - offset);
        if (const auto page = space->second.find(at - offset); page != space->second.end())
            writeFrame(page->second, offset, std::string_view(bytes).substr(done, part));
        done += part;
    }
}

void TracedMemory::fill(const Event& event) {
    const u64 pfn = number(event, "pfn");
    if (pfn >= mostFrames) return;
    Page content{};
    if (const auto from = frames_.find(number(event, "from")); showText(event, "source") == "copy" && from != frames_.end())
        content = from->second;
    if (event.find("blob") && !blobs_.empty()) {
        const std::string& blob = blobs_[slotOf(showText(event, "blob"))];
        std::memcpy(content.data(), blob.data(), std::min<std::size_t>(blob.size(), pageSize));
    }
    frames_[pfn] = content;
}

void TracedMemory::learnStack(const Event& event) {
    const Value* regs = event.find("regs");
    if (const Value* rsp = regs ? regs->find("rsp") : nullptr) stacks_[event.pid] = rsp->number;
}

u64 TracedMemory::stackOf(int pid) const {
    const auto stack = stacks_.find(pid);
    return !known_ || stack == stacks_.end() ? 0 : stack->second;
}

void TracedMemory::event(const Event& event) {
    if (event.kind == Kind::header) {
        known_ = (traces::parseCategories(showText(event, "categories")).mask & neededKinds()) == neededKinds();
        blobs_.assign(known_ ? traces::blobsKept : 0, {});
    }
    if (!known_) return;
    switch (event.kind) {
        case Kind::truncated: known_ = false; break;
        case Kind::blob: blobs_[slotOf(showText(event, "id"))] = traces::bytesFromHex(showText(event, "bytes")); break;
        case Kind::page_fill: fill(event); break;
        case Kind::page_write:
            writeFrame(number(event, "pfn"), number(event, "offset"), traces::bytesFromHex(showText(event, "bytes")));
            break;
        case Kind::user_write:
            write(event.find("mm") ? showText(event, "mm") : mms_[event.pid], number(event, "address"), showText(event, "bytes"));
            break;
        case Kind::registers:
            learnStack(event);
            if (event.find("mm")) mms_[event.pid] = showText(event, "mm");
            break;
        case Kind::insn:
            learnStack(event);
            if (const Value* memory = event.find("memory"))
                for (const Value& change : memory->items)
                    if (const Value *address = change.find("address"), *bytes = change.find("bytes"); address && bytes)
                        write(mms_[event.pid], address->number, bytes->string);
            break;
        case Kind::pte: {       // bit P, and the frame: SDM Vol. 3A, 4.5
            const u64 entry = number(event, "new");
            if (entry & 1) spaces_[showText(event, "mm")][number(event, "address")] = (entry & 0x000ffffffffff000) >> 12;
            else spaces_[showText(event, "mm")].erase(number(event, "address"));
            break;
        }
        case Kind::object_free: spaces_.erase(showText(event, "object")); break;
        case Kind::sched_process_exit: mms_.erase(event.pid), stacks_.erase(event.pid); break;
        default: break;
    }
}

std::string TracedMemory::read(int pid, u64 address, u64 size) const {
    const auto mm = mms_.find(pid);
    const auto space = !known_ || mm == mms_.end() ? spaces_.end() : spaces_.find(mm->second);
    std::string out;
    while (space != spaces_.end() && out.size() < size) {
        const u64 at = address + out.size(), offset = at % pageSize;
        const auto page = space->second.find(at - offset);
        const auto frame = page == space->second.end() ? frames_.end() : frames_.find(page->second);
        if (frame == frames_.end()) return {};
        out.append(frame->second.data() + offset, std::min<u64>(size - out.size(), pageSize - offset));
    }
    return out;
}

}  // namespace emu
