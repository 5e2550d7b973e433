#include "emu/tools/story_diff.hpp"

#include <algorithm>

namespace emu {

using traces::Value;

bool StoryDiff::Side::fill(std::size_t most) {
    while (ahead.size() < most) {
        std::optional<Step> step = steps.next();
        if (!step) break;
        ahead.push_back(std::move(*step));
    }
    return !ahead.empty();
}

Step StoryDiff::Side::take() {
    Step step = std::move(ahead.front());
    ahead.pop_front();
    ++total;
    return step;
}

void StoryDiff::line(std::string_view text, Style style) {
    out_ += screen_.paint(style, cut(text, std::max(screen_.width, 40u))) + '\n';
}

// Whether both sides go on alike from these steps on.
bool StoryDiff::meet(std::size_t i, std::size_t j) const {
    const auto& a = sides_[0].ahead;
    const auto& b = sides_[1].ahead;
    std::size_t run = 0;
    while (run < together && i + run < a.size() && j + run < b.size() && a[i + run].hash == b[j + run].hash) ++run;
    return run == together || (run && i + run == a.size() && j + run == b.size());
}

void StoryDiff::sameStep(const Step& a, const Step& b) {
    ++same_;
    if (a.text == b.text) return;
    ++values_;
    const auto shown = [&](const auto& pair) { return pair.first.name == a.name; };
    if (shownValues_.size() < shownValues && std::ranges::none_of(shownValues_, shown)) shownValues_.emplace_back(a, b);
}

void StoryDiff::values() {
    if (!values_) return;
    line("Common steps with other values: " + std::to_string(values_) + ", the first ones:", Style::bold);
    for (const auto& [a, b] : shownValues_) {
        line("  A  " + a.text);
        line("  B  " + b.text);
    }
}

// One step that the other side does not have.
void StoryDiff::own(Side& side, char letter, Style style, std::size_t& room) {
    const Step step = side.take();
    ++side.own;
    if (side.names.size() < 4096 || side.names.contains(step.name)) ++side.names[step.name];
    if (!room) return;
    --room;
    line(std::string("  ") + letter + "  " + step.text, style);
}

// The best way to lay the next steps of both sides beside each other: as many in common as possible, best those with the same caller.
void StoryDiff::block(std::size_t inA, std::size_t inB, bool shown) {
    Side &a = sides_[0], &b = sides_[1];
    const auto worth = [&](std::size_t i, std::size_t j) -> u32 {
        return a.ahead[i].hash != b.ahead[j].hash ? 0 : a.ahead[i].caller == b.ahead[j].caller ? 3 : 1;
    };
    std::vector<u32> best((inA + 1) * (inB + 1));       // of the steps from i and j on
    const auto at = [&](std::size_t i, std::size_t j) -> u32& { return best[i * (inB + 1) + j]; };
    for (std::size_t i = inA; i-- > 0;)
        for (std::size_t j = inB; j-- > 0;) {
            const u32 same = worth(i, j);
            at(i, j) = std::max({at(i + 1, j), at(i, j + 1), same ? same + at(i + 1, j + 1) : 0});
        }
    std::size_t room = shown ? shownSteps : 0, i = 0, j = 0;
    while (i < inA || j < inB) {
        const u32 same = i < inA && j < inB ? worth(0, 0) : 0;
        if (same && at(i, j) == same + at(i + 1, j + 1)) {
            const Step left = a.take();
            sameStep(left, b.take());
            if (room) --room, line("     " + left.text, Style::dim);
            ++i, ++j;
        } else if (i < inA && (j == inB || at(i, j) == at(i + 1, j))) {
            own(a, 'A', Style::error, room);
            ++i;
        } else {
            own(b, 'B', Style::object, room);
            ++j;
        }
    }
    if (shown && inA + inB > shownSteps && !room) line("     …");
}

// How many steps of each side lie before the place where both tell the same again, the nearest one.
std::optional<std::pair<std::size_t, std::size_t>> StoryDiff::meeting() const {
    const std::size_t a = sides_[0].ahead.size(), b = sides_[1].ahead.size();
    for (std::size_t sum = 1; sum < a + b; ++sum)
        for (std::size_t k = sum > b ? sum - b : 0; k <= std::min(sum, a); ++k)
            if (meet(k, sum - k)) return std::pair(k, sum - k);
    return std::nullopt;
}

void StoryDiff::difference() {
    Side &a = sides_[0], &b = sides_[1];
    std::optional<std::pair<std::size_t, std::size_t>> met;
    for (const std::size_t window : windows) {
        a.fill(window);
        b.fill(window);
        met = meeting();
        if (met || std::max(a.ahead.size(), b.ahead.size()) < window) break;
    }
    const auto [i, j] = met.value_or(std::pair(a.ahead.size(), b.ahead.size()));
    const bool shown = places_++ < shownPlaces;
    if (shown) {
        const Step& first = a.ahead.empty() ? b.ahead.front() : a.ahead.front();
        out_ += '\n';
        line((places_ == 1 ? "First difference, after " + std::to_string(same_) + " common steps: pid " : "Then: pid ") +
                 std::to_string(first.pid) + " at instruction " + std::to_string(first.insn) + ", line " +
                 (a.ahead.empty() ? "-" : std::to_string(a.ahead.front().line)) + " of A, " +
                 (b.ahead.empty() ? "-" : std::to_string(b.ahead.front().line)) + " of B",
             Style::bold);
        if (!first.path.empty()) line("     in " + first.path, Style::dim);
        for (const Step& step : before_) line("     " + step.text, Style::dim);
    }
    block(i, j, shown);
    before_.clear();
}

void StoryDiff::compare() {
    Side &a = sides_[0], &b = sides_[1];
    while (true) {
        const bool more = a.fill(1), moreB = b.fill(1);
        if (!more && !moreB) return;
        if (!more || !moreB || a.ahead.front().hash != b.ahead.front().hash) {
            difference();
            continue;
        }
        const Step left = a.take();
        sameStep(left, b.take());
        before_.push_back(left);
        if (before_.size() > 2) before_.pop_front();
    }
}

void StoryDiff::headers() {
    for (std::size_t i = 0; i < 2; ++i) {
        const traces::Event& header = sides_[i].steps.header();
        line(std::string(1, static_cast<char>('A' + i)) + "  " + sides_[i].steps.file() + ": " + showText(header, "program") + " on Linux " +
                 showText(header, "profile") + ", " + showText(header, "cpu"), Style::bold);
    }
    const traces::Event &a = sides_[0].steps.header(), &b = sides_[1].steps.header();
    std::string differing;
    for (const traces::AttrInfo& attr : traces::info(traces::Kind::header).attrs) {
        const Value *left = a.find(attr.name), *right = b.find(attr.name);
        if (!left != !right || (left && !(*left == *right))) differing += (differing.empty() ? "" : ", ") + std::string(attr.name);
    }
    line(differing.empty() ? "The headers are the same." : "The headers differ in " + differing + ".");
}

void StoryDiff::only(const Side& side, const Side& other, char letter) {
    std::vector<std::pair<i64, std::string>> names;
    for (const auto& [name, count] : side.names) {
        const auto there = other.names.find(name);
        const i64 surplus = count - (there == other.names.end() ? 0 : there->second);
        if (surplus > 0) names.emplace_back(-surplus, name);
    }
    std::ranges::sort(names);
    if (!names.empty()) line(std::string("More in ") + letter + ":", Style::bold);
    for (std::size_t i = 0; i < std::min(names.size(), shownNames); ++i)
        line("  " + pad(std::to_string(-names[i].first), 6) + names[i].second);
    if (names.size() > shownNames) line("  … and " + std::to_string(names.size() - shownNames) + " more");
}

void StoryDiff::summary() {
    out_ += '\n';
    if (places_ > shownPlaces) line("… and " + std::to_string(places_ - shownPlaces) + " more places\n");
    const Side &a = sides_[0], &b = sides_[1];
    line(places_ == 0 ? "Both tell the same story." :
                        "Both tell it differently in " + std::to_string(places_) + (places_ == 1 ? " place." : " places."),
         Style::bold);
    line("  steps         A " + std::to_string(a.total) + ", B " + std::to_string(b.total) + "; " + std::to_string(same_) + " common, " +
         std::to_string(a.own) + " only in A, " + std::to_string(b.own) + " only in B");
    line("  page faults   A " + std::to_string(a.steps.faults()) + ", B " + std::to_string(b.steps.faults()));
    const traces::Event *left = a.steps.footer(), *right = b.steps.footer();
    for (const char* attr : {"instructions", "exit_status"})
        if (left && right)
            line("  " + pad(attr, 14) + "A " + std::to_string(count(*left, attr)) + ", B " + std::to_string(count(*right, attr)));
    if (!left || !right)
        line(std::string("  ") + (left ? "B" : right ? "A" : "Both") + (left || right ? " was" : " were") + " cut", Style::error);
    values();
    only(a, b, 'A');
    only(b, a, 'B');
}

std::string StoryDiff::tell() {
    headers();
    compare();
    summary();
    return std::move(out_);
}

}  // namespace emu
