// Coverage in lcov's tracefile format (geninfo(1), FILES): how often each line and each function of the program ran. Lines come from
// the DWARF line tables of the program and of the libraries that are asked for. Functions that it says nothing about, all of them where there is none, are lines of a record of their
// own, in the order of their addresses.
#include "emu/elf/line_table.hpp"
#include "emu/export/exporter.hpp"
#include "emu/log.hpp"
#include "emu/tools/areas.hpp"
#include "emu/tools/read_trace.hpp"
#include "emu/tools/text.hpp"
#include "traces/hash.hpp"
#include "traces/json_text.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

namespace emu {

using traces::Event;
using traces::Kind;

namespace {

constexpr std::size_t mostTasks = 100'000;
constexpr u64 mostBytes = u64{1} << 30;         // of a file

struct Record {
    struct Function {
        u64 line, count;
    };
    std::map<std::string, Function> functions;
    std::map<u64, u64> lines;           // how often

    // The same source in another file.
    void add(const Record& other) {
        for (const auto& [name, at] : other.functions) functions.try_emplace(name, Function{at.line, 0}).first->second.count += at.count;
        for (const auto& [line, count] : other.lines) lines[line] += count;
    }

    void text(std::string& out, const std::string& name) const {
        out += "TN:\nSF:" + name + "\n";
        u64 hit = 0;
        for (const auto& [function, at] : functions) out += "FN:" + std::to_string(at.line) + "," + function + "\n";
        for (const auto& [function, at] : functions)
            out += "FNDA:" + std::to_string(at.count) + "," + function + "\n", hit += at.count != 0;
        out += "FNF:" + std::to_string(functions.size()) + "\nFNH:" + std::to_string(hit) + "\n";
        hit = 0;
        for (const auto& [line, count] : lines) out += "DA:" + std::to_string(line) + "," + std::to_string(count) + "\n", hit += count != 0;
        out += "LF:" + std::to_string(lines.size()) + "\nLH:" + std::to_string(hit) + "\nend_of_record\n";
    }
};

// A file of which instructions ran.
struct Covered {
    struct Instruction {
        u64 count = 0;
        std::string bytes;              // in hex; of libraries, to know the file again
    };
    std::string host_path;
    std::string guest_path;             // of a library as long as nothing of it ran: its name
    std::optional<u64> hash;            // of the program
    std::map<u64, Instruction> ran;     // by offset in the file
};

std::string nameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

class LcovExport final : public traces::Observer {
public:
    explicit LcovExport(const ExportTarget& target) : out_(target.path) {
        files_.push_back({target.program, "", 0, {}});
        for (const std::string& library : target.libraries) files_.push_back({library, nameOf(library), std::nullopt, {}});
    }
    void event(const Event& event) override;
    void finish();

private:
    void header(const Event& event);
    Covered* fileOf(const std::string& path);
    void cover(const Covered& file);
    void add(const Covered& file, const ElfFile& elf, const LineTable& lines);

    Output out_;
    std::vector<Covered> files_;                // the program first
    std::map<std::string, Record> sources_;
    MemoryAreas areas_;
    std::map<int, std::string> mms_;            // of every task
    bool whole_ = false;                        // the footer was seen
    u64 others_ = 0;                            // instructions of other files
};

void LcovExport::header(const Event& event) {
    const u64 wanted = traces::bit(Kind::insn) | traces::bit(Kind::vma);
    if ((traces::parseCategories(showText(event, "categories")).mask & wanted) != wanted)
        throw TraceProblem("the trace was made without instructions or without memory areas (-e)");
    Covered& program = files_.front();
    program.guest_path = event.find("program") ? event.find("program")->string : "";
    program.hash = number(event, "program_hash");
    if (program.host_path.empty()) program.host_path = program.guest_path;
}

void LcovExport::event(const Event& event) {
    switch (event.kind) {
        case Kind::header: return header(event);
        case Kind::vma: return areas_.event(event);
        case Kind::registers:
            if (mms_.size() == mostTasks && !mms_.contains(event.pid))
                throw TraceProblem("more than " + std::to_string(mostTasks) + " tasks at once");
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
    Covered* file = area ? fileOf(area->file) : nullptr;
    if (!file) {
        ++others_;
        return;
    }
    Covered::Instruction& instruction = file->ran[address - area->start + area->offset];
    if (!instruction.count++ && !file->hash && event.find("bytes")) instruction.bytes = event.find("bytes")->string;
}

// A library is known by its name until it is known where it lay.
Covered* LcovExport::fileOf(const std::string& path) {
    for (Covered& file : files_) {
        if (printable(file.guest_path) == path) return &file;
        if (file.hash || !file.ran.empty() || nameOf(path) != file.guest_path) continue;
        file.guest_path = path;
        return &file;
    }
    return nullptr;
}

std::vector<u8> contentOf(const Covered& covered) {
    const std::string option = covered.hash ? "--program" : "--library", what = covered.hash ? "the program" : "the library";
    std::error_code error;
    std::vector<u8> bytes;
    if (std::filesystem::is_regular_file(covered.host_path, error) && std::filesystem::file_size(covered.host_path, error) <= mostBytes) {
        std::ifstream file(covered.host_path, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    if (bytes.empty())
        throw std::runtime_error("cannot read " + what + " " + covered.host_path + ": say where it is with " + option + " FILE");
    bool same = !covered.hash || traces::xxh64(bytes.data(), bytes.size()) == *covered.hash;
    for (const auto& [offset, instruction] : covered.ran) {
        const std::string code = traces::bytesFromHex(instruction.bytes);
        same = same && offset <= bytes.size() && code.size() <= bytes.size() - offset &&
               std::equal(code.begin(), code.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                          [](char a, u8 b) { return static_cast<u8>(a) == b; });
    }
    if (!same)
        throw std::runtime_error(covered.host_path + " is not " + what + " of the trace: say where that is with " + option + " FILE");
    return bytes;
}

std::map<u64, u64> byAddress(const Covered& file, const ElfFile& elf) {
    std::map<u64, u64> found;
    for (const auto& [offset, instruction] : file.ran)
        for (const ElfSegment& segment : elf.segments)
            if (segment.type == PT_LOAD && segment.flags & PF_X && offset >= segment.offset && offset - segment.offset < segment.filesz) {
                found[offset - segment.offset + segment.vaddr] += instruction.count;
                break;
            }
    return found;
}

void LcovExport::add(const Covered& file, const ElfFile& elf, const LineTable& table) {
    const std::map<u64, u64> counts = byAddress(file, elf);
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
    for (const auto& [name, record] : sources) sources_[name].add(record);
    if (!unlined.lines.empty()) sources_[file.guest_path + " (functions)"].add(unlined);
}

void LcovExport::cover(const Covered& file) {
    const std::vector<u8> bytes = contentOf(file);
    const ReadAt read = [&](u64 offset, u64 size) {
        const u64 from = std::min<u64>(offset, bytes.size()), most = std::min<u64>(size, bytes.size() - from);
        return std::vector<u8>(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(from + most));
    };
    const ElfFile elf = readElf(read);
    const LineTable lines = readLineTable(elf, read);
    if (!lines.complaint.empty()) warn(file.host_path + ": " + lines.complaint);
    add(file, elf, lines);
}

void LcovExport::finish() {
    for (const Covered& file : files_) {
        if (!file.ran.empty()) cover(file);
        else if (whole_)
            warn("no instruction of " + printable(file.guest_path) + " is in the trace" +
                 (file.hash && others_ ? " (is it a script?)" : ""));
    }
    for (const auto& [name, record] : sources_) record.text(out_.buffer(), name), out_.spill();
    if (others_ && !sources_.empty()) inform(std::to_string(others_) + " instructions of other programs and libraries are left out");
    out_.flush();
}

}  // namespace

extern const ExportFormat lcovFormat;
const ExportFormat lcovFormat = {"lcov", "line and function coverage, for genhtml", false, makeExporter<LcovExport>, "--program --library"};

}  // namespace emu
