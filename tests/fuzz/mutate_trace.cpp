// Changes of a trace that its readers notice: they know lines, and where a value of JSON begins and ends.
#include "tests/fuzz/mutate_trace.hpp"
#include "tests/fuzz/mutate_parts.hpp"

namespace fuzz {
namespace {

constexpr const char* values[] = {
    "null", "true", "0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1.5", "\"\"", "[]", "{}", "[[{}]]",
    "\"0x0\"", "\"0x1\"", "\"0xffffffffffffffff\"", "\"0x7ffffffff000\"", "\"0x8000000000000000\"", "\"0x27\"", "\"mm_struct#3\"",
    "\"task_struct#18446744073709551615\"", "\"task_struct#3\"", "\"page#1\"", "\"blob#0\"", "\"#\"", "\"copy\"", "\"remove\"", "\"add\"",
    "\"r-xp\"", "\"\\u0000\\uef80\\ud83d\\ude00\"", "\"f3aa\"", "\"0f05\"", "{\"rip\":\"0xffffffffffffffff\"}", "{\"mxcsr\":\"0xffffffff\"}", "268435456",
};

class Mutation : Parts {
public:
    Mutation(std::string text, unsigned seed) : Parts(seed) {
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
            parts_.push_back(text.substr(at, end - at));
            at = end;
        }
    }

    std::string changed() {
        for (std::size_t n = 1 + below(4); n > 0 && !parts_.empty(); --n) change();
        const bool renumber = below(2);
        std::string out;
        for (std::size_t i = 0; i < parts_.size(); ++i) out += renumber ? numbered(parts_[i], i) : parts_[i];
        return out;
    }

private:
    void change() {
        switch (below(10)) {
            case 0: remove(); break;
            case 1: repeat(); break;
            case 2: swap(); break;
            case 3: changeByte(any()); break;
            case 4:
                if (below(4) == 0) cut();
                else any().resize(1 + below(20), '{');
                break;
            default: changeValue(any()); break;
        }
    }
    void changeValue(std::string& line) {
        std::vector<std::size_t> starts;
        for (std::size_t at = line.find("\":"); at != std::string::npos; at = line.find("\":", at + 1)) starts.push_back(at + 2);
        if (starts.empty()) return;
        const std::size_t begin = starts[below(starts.size())];
        line.replace(begin, endOfValue(line, begin) - begin, values[below(std::size(values))]);
    }
    static std::size_t endOfValue(const std::string& line, std::size_t at) {
        int depth = 0;
        bool quoted = false;
        for (; at < line.size(); ++at) {
            const char c = line[at];
            if (c == '"' && line[at - 1] != '\\') quoted = !quoted;
            if (quoted) continue;
            if (c == '{' || c == '[') ++depth;
            if ((c == ',' || c == '}' || c == ']') && depth == 0) return at;
            if (c == '}' || c == ']') --depth;
        }
        return at;
    }
    static std::string numbered(std::string line, std::size_t number) {
        const std::size_t at = line.find("\"seq\":");
        if (at != std::string::npos) line.replace(at + 6, endOfValue(line, at + 6) - at - 6, std::to_string(number));
        return line;
    }
};

}  // namespace

std::string changedLines(std::string text, unsigned seed) { return Mutation(std::move(text), seed).changed(); }

}  // namespace fuzz
