// Comma-separated values (RFC 4180): one row per event, one column per attribute of the vocabulary.
#include "emu/export/exporter.hpp"
#include "traces/json_text.hpp"

#include <map>
#include <vector>

namespace emu {

using traces::Event;
using traces::Value;

namespace {

class CsvExport final : public traces::Observer {
public:
    explicit CsvExport(const ExportTarget& target) : out_(target.path) {
        std::string head = "seq,insn,pid,kind";
        for (const traces::KindInfo& kind : traces::vocabulary())
            for (const traces::AttrInfo& attr : kind.attrs)
                if (columns_.emplace(attr.name, columns_.size()).second) head += "," + std::string(attr.name);
        out_.put(head + "\r\n");
    }

    void event(const Event& event) override {
        row_.assign(columns_.size(), nullptr);
        for (const traces::Attr& attr : event.attrs)
            if (const auto column = columns_.find(attr.name); column != columns_.end()) row_[column->second] = &attr.value;
        std::string& out = out_.buffer();
        out += std::to_string(event.seq) + ',' + std::to_string(event.insn) + ',' + std::to_string(event.pid) + ',';
        out += traces::info(event.kind).name;
        for (const Value* value : row_) {
            out += ',';
            if (value) appendField(out, *value);
        }
        out_.put("\r\n");
    }

    void finish() { out_.flush(); }

private:
    // Lists and objects are JSON; texts and hex numbers stand without quotes.
    static void appendField(std::string& out, const Value& value) {
        std::string text;
        traces::appendValue(text, value);
        if (value.type == Value::Type::hex) text = text.substr(1, text.size() - 2);
        if (value.type == Value::Type::text) text = value.string;
        if (text.find_first_of(",\"\r\n") == std::string::npos) {
            out += text;
            return;
        }
        out += '"';
        for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
        out += '"';
    }

    Output out_;
    std::map<std::string_view, std::size_t> columns_;
    std::vector<const Value*> row_;
};

}  // namespace

extern const ExportFormat csvFormat;
const ExportFormat csvFormat = {"csv", "one row per event, one column per attribute", false, makeExporter<CsvExport>};

}  // namespace emu
