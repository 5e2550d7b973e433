#include "emu/backtrace/user_space.hpp"

#include "cpu/paging.hpp"
#include "kernel_model/include/linux/fs.hpp"
#include "kernel_model/include/linux/mm.hpp"

#include <algorithm>
#include <cstring>

namespace emu {

namespace {

using kernel::PAGE_SIZE;
using kernel::vm_area_struct;

constexpr u64 MOST_EH_FRAME = u64{64} << 20;

bool sameObject(const vm_area_struct* a, const vm_area_struct* b) {
    if (a->vm_file && b->vm_file) return a->vm_file->f_inode == b->vm_file->f_inode;
    return a == b;
}

// A page of the file, from the page cache or past it: a guest whose memory is exhausted has none left for us.
bool readFilePage(kernel::inode* node, u64 index, std::span<u8> to) {
    const auto& cache = node->i_mapping.page_tree;
    const auto cached = cache.find(index);
    if (cached == cache.end()) return node->i_fop->readpage(node, index, to) >= 0;
    std::memcpy(to.data(), kernel::page_address(cached->second), PAGE_SIZE);
    return true;
}

ReadAt fileReader(const kernel::file* file) {
    return [node = file->f_inode](u64 offset, u64 size) {
        const u64 length = static_cast<u64>(node->i_size.get());
        std::vector<u8> bytes;
        if (offset >= length) return bytes;
        const u64 end = offset + std::min(size, length - offset);
        bytes.reserve(end - offset);
        for (u64 at = offset; at < end;) {
            u8 page[PAGE_SIZE] = {};
            const u64 within = at % PAGE_SIZE, n = std::min(PAGE_SIZE - within, end - at);
            if (!readFilePage(node, at / PAGE_SIZE, page)) break;
            bytes.insert(bytes.end(), page + within, page + within + n);
            at += n;
        }
        return bytes;
    };
}

// Where the file's content at `offset` is addressed in the file's own terms, by the segment that is loaded from there.
u64 fileAddress(const ElfFile& elf, u64 offset) {
    for (const ElfSegment& segment : elf.segments) {
        const u64 begin = segment.offset & ~(PAGE_SIZE - 1);
        if (segment.type == PT_LOAD && offset >= begin && offset - begin < segment.filesz + (segment.offset - begin))
            return segment.vaddr - segment.offset + offset;
    }
    return offset;
}

}  // namespace

const vm_area_struct* UserSpace::areaAt(u64 address) const {
    const auto next = mm_->mm_rb.upper_bound(address);
    if (next == mm_->mm_rb.begin()) return nullptr;
    const vm_area_struct* area = std::prev(next)->second;
    return address < area->vm_end ? area : nullptr;
}

bool UserSpace::executable(u64 address) const {
    const vm_area_struct* area = areaAt(address);
    return area && area->vm_flags & kernel::VM_EXEC;
}

bool UserSpace::readPiece(u64 address, std::span<u8> to) const {
    const u64* entry = kernel::pte_lookup(const_cast<kernel::mm_struct*>(mm_), address);
    if (entry && *entry & cpu::PTE_PRESENT) {
        const kernel::page* page = kernel::pfn_to_page((*entry & cpu::PTE_FRAME) / PAGE_SIZE);
        std::memcpy(to.data(), kernel::page_address(page) + address % PAGE_SIZE, to.size());
        return true;
    }
    const vm_area_struct* area = areaAt(address);
    if (!area || !area->vm_file) return false;
    const std::vector<u8> bytes = fileReader(area->vm_file)(area->vm_pgoff * PAGE_SIZE + (address - area->vm_start), to.size());
    if (bytes.size() != to.size()) return false;
    std::ranges::copy(bytes, to.begin());
    return true;
}

bool UserSpace::read(u64 address, std::span<u8> to) const {
    while (!to.empty()) {
        const u64 piece = std::min<u64>(to.size(), PAGE_SIZE - address % PAGE_SIZE);
        if (!areaAt(address) || !readPiece(address, to.first(piece))) return false;
        address += piece;
        to = to.subspan(piece);
    }
    return true;
}

std::optional<u64> UserSpace::word(u64 address) const {
    u8 bytes[8];
    if (!read(address, bytes)) return std::nullopt;
    u64 value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

Module UserSpace::load(const vm_area_struct* area) {
    Module module;
    ReadAt reader;
    if (area->vm_file) {
        module.path = kernel::d_path(area->vm_file->f_path);
        reader = fileReader(area->vm_file);
    } else {
        module.path = area->vm_ops && area->vm_ops->name && area->vm_ops->name(area) ? area->vm_ops->name(area) : "";
        reader = [this, area](u64 offset, u64 size) {
            const u64 length = area->vm_end - area->vm_start;
            std::vector<u8> bytes(offset < length ? std::min(size, length - offset) : 0);
            if (!read(area->vm_start + offset, bytes)) bytes.clear();
            return bytes;
        };
    }
    reader = [this, all = std::move(reader)](u64 offset, u64 size) {
        std::vector<u8> bytes = all(offset, std::min(size, budget_));
        budget_ -= bytes.size();
        return bytes;
    };
    if (!isElf(reader(0, SELFMAG))) return module;
    module.elf = readElf(reader);
    module.bias = area->vm_start - fileAddress(module.elf, area->vm_pgoff * PAGE_SIZE);
    for (const ElfSection& section : module.elf.sections) {
        if (section.name != ".eh_frame" || section.type == SHT_NOBITS) continue;
        module.eh_frame = reader(section.offset, std::min(section.size, MOST_EH_FRAME));
        module.eh_frame_address = module.bias + section.address;
    }
    return module;
}

const Module* UserSpace::moduleAt(u64 address) {
    const vm_area_struct* area = areaAt(address);
    if (!area || (!area->vm_file && !area->vm_ops)) return nullptr;
    const vm_area_struct* first = area;
    for (const auto& [start, other] : mm_->mm_rb)
        if (other->vm_start < first->vm_start && sameObject(other, area)) first = other;
    auto known = modules_.find(first->vm_start);
    if (known == modules_.end()) known = modules_.emplace(first->vm_start, load(first)).first;
    return &known->second;
}

std::string UserSpace::symbolAt(const Module& module, u64 address, u64& offset) {
    const u64 wanted = address - module.bias;
    const ElfSymbol* best = nullptr;
    const auto isBetter = [&](const ElfSymbol& s) {
        const bool code = s.type() == STT_FUNC || s.type() == STT_GNU_IFUNC || (s.type() == STT_NOTYPE && s.size == 0);
        if (!code || s.section == SHN_UNDEF || s.name.empty() || s.value > wanted) return false;
        if (s.size && wanted - s.value >= s.size) return false;
        return !best || s.value > best->value || (s.value == best->value && s.size > best->size);
    };
    for (const ElfSymbol& symbol : module.elf.symbols)
        if (isBetter(symbol)) best = &symbol;
    if (!best) return "";
    offset = wanted - best->value;
    return best->name;
}

}  // namespace emu
