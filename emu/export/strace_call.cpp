// A system call from its events to its text.
#include "emu/export/strace_arguments.hpp"
#include "emu/tools/text.hpp"
#include "traces/json_text.hpp"

#include <algorithm>

namespace emu {

using traces::Event;
using traces::Value;

namespace {

std::string list(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
    return out;
}

}  // namespace

StraceCall straceCall(const Event& enter) {
    StraceCall call;
    call.number = number(enter, "nr");
    if (const Value* name = enter.find("name")) call.name = printable(name->string);
    if (const Value* args = enter.find("args"))
        for (std::size_t i = 0; i < std::min(args->items.size(), call.raw.size()); ++i) call.shown.push_back(printable(args->items[i].string));
    if (const Value* raw = enter.find("raw"))
        for (std::size_t i = 0; i < std::min<std::size_t>(raw->items.size(), call.raw.size()); ++i) call.raw[i] = raw->items[i].number;
    if (call.name == "preadv2" || call.name == "pwritev2") call.raw[4] = call.raw[5];       // strace shows both halves of the offset as one
    return call;
}

void StraceCall::takeWrite(const Event& write) {
    constexpr std::size_t mostKept = 65536;
    const Value* bytes = write.find("bytes");
    if (!bytes || name == "process_vm_writev" || kept > mostKept) return;
    std::string content = traces::bytesFromHex(std::string_view(bytes->string).substr(0, 2 * mostKept));
    kept += content.size();
    written[::emu::number(write, "address")] = std::move(content);
}

void StraceCall::takeResult(const Event& exit) {
    if (const Value* value = exit.find("result")) result = *value;
    error = showText(exit, "errno");
}

std::string straceBeginning(const StraceCall& call, const StraceText& text) {
    const bool comma = !text.after.empty() && !text.before.empty() && call.name != "clone" && call.name != "clone3";
    return call.name + "(" + list(text.before) + (comma ? ", " : "");
}

std::string straceRest(const StraceCall& call, const StraceText& text) {
    return (call.name == "clone" && !text.after.empty() ? ", " : "") + list(text.after);
}

}  // namespace emu
