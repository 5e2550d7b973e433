// The lines of the trace itself, whatever it was written as: to the byte those that `trace -o FILE.jsonl` writes.
#include "emu/export/exporter.hpp"
#include "traces/json_text.hpp"

namespace emu {

namespace {

class JsonLines final : public traces::Observer {
public:
    explicit JsonLines(const ExportTarget& target) : out_(target.path) {}
    void event(const traces::Event& event) override {
        traces::appendEvent(out_.buffer(), event);
        out_.put("\n");
    }
    void finish() { out_.flush(); }

private:
    Output out_;
};

}  // namespace

extern const ExportFormat jsonlFormat;
const ExportFormat jsonlFormat = {"jsonl", "the lines of a trace in any form", false, makeExporter<JsonLines>};

}  // namespace emu
