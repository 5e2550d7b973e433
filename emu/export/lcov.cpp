// Coverage in lcov's tracefile format (geninfo(1), FILES): how often each line and each function of the program ran. Lines come from
// the program's DWARF line table. Functions that it says nothing about, all of them where there is none, are lines of a record of their
// own, in the order of their addresses.
#include "emu/elf/line_table.hpp"
#include "emu/export/exporter.hpp"
#include "emu/log.hpp"
#include "emu/tools/areas.hpp"
#include "emu/tools/read_trace.hpp"
#include "emu/tools/text.hpp"
#include "traces/hash.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

namespace emu {

using traces::Event;
using traces::Kind;

namespace {

constexpr std::size_t mostTasks = 100'000;
constexpr u64 mostBytes = u64{1} << 30;         // of the program

struct Record {
    struct Function {
        u64 line, count;
    };
    std::map<std::string, Function> functions;
    std::map<u64, u64> lines;           // how often

    void text(std::string& out, const std::string& name) const {
        out += "TN:\nSF:" + name + "\n";
        u64 hit = 0;
        for (const auto& [function, at] : functions) out += "FN:" + std::to_string(at.line) + "," + function + "\n";
        for (const auto& [function, at] : functions) out += "FNDA:" + std::to_string(at.count) + "," + function + "\n", hit += at.count != 0;
        out += "FNF:" + std::to_string(functions.size()) + "\nFNH:" + std::to_string(hit) + "\n";
        hit = 0;
        for (const auto& [line, count] : lines) out += "DA:" + std::to_string(line) + "," + std::to_string(count) + "\n", hit += count != 0;
        out += "LF:" + std::to_string(lines.size()) + "\nLH:" + std::to_string(hit) + "\nend_of_record\n";
    }
};

class LcovExport final : public traces::Observer {
public:
    explicit LcovExport(const ExportTarget& target) : out_(target.path), host_path_(target.program) {}
    void event(const Event& event) override;
    void finish();

private:
    void header(const Event& event);
    std::map<u64, u64> byAddress(const ElfFile& elf) const;
    void write(const ElfFile& elf, const LineTable& lines);
    std::vector<u8> content() const;

    Output out_;
    std::string host_path_, guest_path_;
    u64 hash_ = 0;
    MemoryAreas areas_;
    std::map<int, std::string> mms_;            // of every task
    std::map<u64, u64> counts_;                 // instructions of the program: by offset in its file
    bool whole_ = false;                        // the footer was seen
    u64 others_ = 0;                            // instructions of other files
};

void LcovExport::header(const Event& event) {
    const u64 wanted = traces::bit(Kind::insn) | traces::bit(Kind::vma);
    if ((traces::parseCategories(showText(event, "categories")).mask & wanted) != wanted)
        throw TraceProblem("the trace was made without instructions or without memory areas (-e)");
    guest_path_ = event.find("program") ? event.find("program")->string : "";
    hash_ = number(event, "program_hash");
    if (host_path_.empty()) host_path_ = guest_path_;
}

void LcovExport::event(const Event& event) {
    switch (event.kind) {
        case Kind::header: return header(event);
        case Kind::vma: return areas_.event(event);
        case Kind::registers:
            if (mms_.size() == mostTasks && !mms_.contains(event.pid)) throw TraceProblem("more than " + std::to_string(mostTasks) + " tasks at once");
            if (event.find("mm")) mms_[event.pid] = showText(event, "mm");
            return;
        case Kind::sched_process_exit: mms_.erase(event.pid); return;
        case Kind::footer: whole_ = true; return;
        case Kind::insn:
            if (event.find("interrupted")) return;      // not counted: it is told again
            break;
        default: return;
    }
    const auto mm = mms_.find(event.pid);
    const u64 address = number(event, "address");
    const MemoryArea* area = mm == mms_.end() ? nullptr : areas_.at(mm->second, address);
    if (!area || area->file != printable(guest_path_)) ++others_;
    else ++counts_[address - area->start + area->offset];
}

std::vector<u8> LcovExport::content() const {
    std::error_code error;
    std::vector<u8> bytes;
    if (std::filesystem::is_regular_file(host_path_, error) && std::filesystem::file_size(host_path_, error) <= mostBytes) {
        std::ifstream file(host_path_, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    if (bytes.empty()) throw std::runtime_error("cannot read the program " + host_path_ + ": say where it is with --program FILE");
    if (traces::xxh64(bytes.data(), bytes.size()) != hash_)
        throw std::runtime_error(host_path_ + " is not the program of the trace: say where that is with --program FILE");
    return bytes;
}

std::map<u64, u64> LcovExport::byAddress(const ElfFile& elf) const {
    std::map<u64, u64> found;
    for (const auto& [offset, count] : counts_)
        for (const ElfSegment& segment : elf.segments)
            if (segment.type == PT_LOAD && segment.flags & PF_X && offset >= segment.offset && offset - segment.offset < segment.filesz) {
                found[offset - segment.offset + segment.vaddr] += count;
                break;
            }
    return found;
}

void LcovExport::write(const ElfFile& elf, const LineTable& table) {
    const std::map<u64, u64> counts = byAddress(elf);
    const auto countAt = [&](u64 address) {
        const auto at = counts.find(address);
        return at == counts.end() ? 0 : at->second;
    };
    std::map<std::string, Record> sources;
    std::map<u64, const LineRow*> rows;
    for (const LineRow& row : table.rows) {
        u64& count = sources[table.files[row.file]].lines[row.line];
        count = std::max(count, countAt(row.address));
        rows[row.address] = &row;
    }
    std::map<u64, std::string> functions;
    for (const ElfSymbol& symbol : elf.symbols)
        if ((symbol.type() == STT_FUNC || symbol.type() == STT_GNU_IFUNC) && symbol.section != SHN_UNDEF) {
            std::string& name = functions[symbol.value];
            if (name.empty() || symbol.name < name) name = symbol.name;     // aliases: one name, always the same
        }
    Record unlined;
    for (auto& [address, name] : functions) {
        const auto row = rows.find(address);
        Record& record = row == rows.end() ? unlined : sources[table.files[row->second->file]];
        const u64 line = row == rows.end() ? record.lines.size() + 1 : row->second->line;
        if (record.functions.contains(name)) name += "@" + hex(address);    // static functions of one name
        record.functions[name] = {line, countAt(address)};
        if (row == rows.end()) record.lines[line] = countAt(address);
    }
    for (const auto& [name, record] : sources) record.text(out_.buffer(), name), out_.spill();
    if (!unlined.lines.empty()) unlined.text(out_.buffer(), guest_path_ + " (functions)");
}

void LcovExport::finish() {
    if (counts_.empty()) {
        if (whole_) warn("no instruction of " + printable(guest_path_) + " is in the trace" + (others_ ? " (is it a script?)" : ""));
        return out_.flush();
    }
    const std::vector<u8> bytes = content();
    const ReadAt read = [&](u64 offset, u64 size) {
        const u64 from = std::min<u64>(offset, bytes.size()), most = std::min<u64>(size, bytes.size() - from);
        return std::vector<u8>(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(from + most));
    };
    const ElfFile elf = readElf(read);
    const LineTable lines = readLineTable(elf, read);
    if (!lines.complaint.empty()) warn(host_path_ + ": " + lines.complaint);
    write(elf, lines);
    if (others_) inform(std::to_string(others_) + " instructions of other programs and libraries are left out");
    out_.flush();
}

}  // namespace

extern const ExportFormat lcovFormat;
const ExportFormat lcovFormat = {"lcov", "line and function coverage, for genhtml", false, makeExporter<LcovExport>, "--program"};

}  // namespace emu
