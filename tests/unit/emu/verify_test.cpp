// verify finds what is wrong: a trace of the embedded hello, changed in one place, with everything repaired that a forger could
// repair without running the program (sequence numbers, the hash of the file).
#include "emu/guests/guests.hpp"
#include "emu/tracing.hpp"
#include "emu/verify/verifier.hpp"
#include "traces/exempt.hpp"
#include "traces/json_text.hpp"
#include "traces/reader.hpp"
#include "traces/sanitizer.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

using namespace emu;
using traces::Event;
using traces::Kind;
using traces::Value;

namespace {

struct Recorded {
    std::string text;
    std::istringstream in;
    traces::Reader reader{in};
    std::vector<Event> events;
};

std::string recordHello() {
    WorldOptions world;
    world.profile = "v3.10";
    world.memory_mib = 16;
    world.program = {"/hello"};
    traces::MemorySink sink;
    GuestMachine machine(world, GuestOutput::standardError, guests::hello());
    traces::JsonWriter writer(sink, [](const std::string& message) { FAIL(message); });
    traces::tracer().addObserver(&writer);
    TraceSession session(machine, world, traces::everything(), Checkpoints::always);
    session.finish(machine.run());
    traces::tracer().removeObserver(&writer);
    writer.flush();
    return sink.text();
}

// One run for all tests: the kernel boots once in a process. Or the trace that EXECSCOPE_MUTATED names: JSON Lines, complete.
const Recorded& recorded() {
    static const std::unique_ptr<Recorded> one = [] {
        auto made = std::make_unique<Recorded>();
        const char* path = std::getenv("EXECSCOPE_MUTATED");
        if (path) made->text = {std::istreambuf_iterator<char>(std::ifstream(path, std::ios::binary).rdbuf()), {}};
        else made->text = recordHello();
        made->in.str(made->text);
        while (auto event = made->reader.next()) made->events.push_back(std::move(*event));
        return made;
    }();
    return *one;
}

const std::vector<Event>& events() { return recorded().events; }

// The events up to `at` are as they were; `changed` stands for `taken` of them there.
std::string verdict(std::size_t at, std::size_t taken, std::vector<Event> changed) {
    const std::vector<Event>& all = events();
    Verifier verifier([&] { return all.back().find("hash")->number; });
    u64 seq = 0;
    const auto give = [&](Event event) {
        event.seq = seq++;
        verifier.event(event);
    };
    try {
        for (std::size_t i = 0; i < at; ++i) give(all[i]);
        for (const Event& event : changed) give(event);
        for (std::size_t i = at + taken; i < all.size(); ++i) give(all[i]);
    } catch (const Problem& problem) {
        return problem.what();
    }
    return verifier.complete() ? "" : "no footer";
}

class Mutator {
public:
    explicit Mutator(unsigned seed) : random_(seed) {}
    std::size_t below(std::size_t n) { return random_() % n; }

    // False: there is nothing in it to change.
    bool change(Value& value, u64 but) {
        switch (value.type) {
            case Value::Type::null: value = Value::count(1); return true;
            case Value::Type::boolean: value.number ^= 1; return true;
            case Value::Type::count: value.number += below(2) ? 1 : ~u64{0}; return true;
            case Value::Type::hex: changeHex(value, but); return true;
            case Value::Type::text: changeText(value.string); return true;
            default: return !value.items.empty() && change(value.items[below(value.items.size())], but);
        }
    }

private:
    void changeHex(Value& value, u64 but) {
        u64 bit = 0;
        while (!(bit & ~but)) bit = u64{1} << below(64);
        value.number ^= bit;
    }
    void changeText(std::string& text) {
        if (text.empty()) text = "x";
        char& c = text[below(text.size())];
        c = c == '1' ? '2' : '1';
    }
    std::mt19937 random_;
};

bool related(const Event& a, const Event& b) {
    const auto calls = [](const Event& e) { return e.kind == Kind::call || e.kind == Kind::ret; };
    if (calls(a) && a.kind == b.kind && *a.find("function") == *b.find("function")) return false;
    if (a.insn != b.insn || (calls(a) && calls(b))) return true;
    if (a.kind == Kind::object_new && b.kind == Kind::set) return *a.find("object") == *b.find("object");
    if (a.kind == Kind::set && b.kind == Kind::set) return *a.find("object") == *b.find("object") && *a.find("field") == *b.find("field");
    return false;
}

std::string described(const char* what, const Event& event) {
    std::string text(what);
    traces::appendEvent(text += " of ", event);
    return text.substr(0, 600);
}

// One random mutation; what it was, and whether it counts.
struct Trial {
    std::string what;
    std::string found;
    bool counts = true;
};

bool isText(const Event& event, std::string_view attr, std::string_view text) {
    const Value* value = event.find(attr);
    return value && value->string == text;
}

bool isMapped(u64 pfn) {
    return std::ranges::any_of(events(), [&](const Event& e) {
        return e.kind == Kind::pte && e.find("new")->number & 1 && e.find("new")->number << 12 >> 24 == pfn;
    });
}

// A count of references that is compared neither before nor after: the frame is not mapped all the time between two of them.
bool isLonely(std::size_t at) {
    const Event& event = events()[at];
    const auto ends = [&](std::size_t i) {      // 1: a count, -1: the frame is mapped first or no longer
        const Event& other = events()[i];
        if (other.kind != Kind::set || *other.find("object") != *event.find("object")) return 0;
        if (!isText(other, "field", "_mapcount")) return 1;
        return other.find("old")->number == 0 || other.find("new")->number == 0 ? -1 : 0;
    };
    int before = 0, after = 0;
    for (std::size_t i = at; i-- > 0 && !before;) before = ends(i);
    for (std::size_t i = at + 1; i < events().size() && !after; ++i) after = ends(i);
    return before != 1 || after != 1;
}

// Whether a change is of those that the table exempts in part.
bool isHarmless(std::size_t at, std::string_view attr) {
    const Event& event = events()[at];
    const auto shows = [&](const Event& other) {
        return other.kind == Kind::set && *other.find("object") == *event.find("object") && *other.find("field") == *event.find("field");
    };
    const auto fills = [&](const Event& e) {
        return e.kind == Kind::page_fill && isText(e, "blob", event.find("id")->string) && isMapped(e.find("pfn")->number);
    };
    if (event.kind == Kind::set && attr == "old")
        return std::none_of(events().begin(), events().begin() + static_cast<std::ptrdiff_t>(at), shows);
    if (event.kind == Kind::set && attr == "object")
        return event.find("object")->string.starts_with("page#") && !isText(event, "field", "_mapcount") && isLonely(at);
    if (event.kind == Kind::page_fill) return !isMapped(event.find("pfn")->number);
    if (event.kind == Kind::blob) return std::ranges::none_of(events(), fills);
    return event.kind == Kind::user_write && attr == "address" && event.find("bytes")->string.find_first_not_of('0') == std::string::npos;
}

Trial changeOne(Mutator& random, std::size_t at) {
    Event event = events()[at];
    const std::size_t which = random.below(event.attrs.size() + 1);
    if (which == event.attrs.size()) {
        event.insn += 1;
        return {described("insn + 1", event), verdict(at, 1, {event})};
    }
    traces::Attr& attr = event.attrs[which];
    const u64 hardware = event.kind == Kind::pte ? 0x60 : 0;
    const bool changed = random.change(attr.value, hardware);
    const std::string what = described(("a change of " + std::string(attr.name)).c_str(), event);
    if (!changed || traces::isExempt(event.kind, attr.name) || isHarmless(at, attr.name)) return {what, "", false};
    if (event.kind == Kind::footer && attr.name == "hash") return {what, "", false};
    return {what, verdict(at, 1, {event})};
}

Trial mutate(Mutator& random) {
    const std::vector<Event>& all = events();
    const std::size_t at = random.below(all.size() - 1);
    switch (random.below(6)) {
        case 0: return {described("the loss", all[at]), verdict(at, 1, {})};
        case 1: return {described("a repetition", all[at]), verdict(at, 1, {all[at], all[at]})};
        case 2:
            if (!related(all[at], all[at + 1])) return {"", "", false};
            return {described("a swap with the next one", all[at]), verdict(at, 2, {all[at + 1], all[at]})};
        default: return changeOne(random, at);
    }
}

constexpr unsigned sampled = EXECSCOPE_ASAN ? 20 : 150;

}  // namespace

TEST_CASE("verify: a complete trace is true to its machine") {
    REQUIRE_FALSE(recorded().reader.error());
    CHECK(events().back().kind == Kind::footer);
    CHECK(events().back().find("state_hash"));
    CHECK(verdict(0, 0, {}) == "");
}

TEST_CASE("verify: what concerns no state is found where it cannot be") {
    const auto changed = [](Kind kind, auto&& change) {
        unsigned found = 0, tried = 0;
        for (std::size_t at = 0; at < events().size(); ++at) {
            Event event = events()[at];
            if (event.kind != kind || !change(event)) continue;
            ++tried;
            found += !verdict(at, 1, {event}).empty();
        }
        return std::pair(found, tried);
    };
    const auto attr = [](Event& event, std::string_view name) -> u64& {
        return std::ranges::find(event.attrs, name, &traces::Attr::name)->value.number;
    };
    const auto pids = changed(Kind::signal_generate, [&](Event& event) { return attr(event, "target_pid") = 77; });
    CHECK((pids.second > 0 && pids.first == pids.second));
    CHECK(changed(Kind::footer, [](Event& event) { return event.pid = 1; }) == std::pair(1u, 1u));
    for (const u64 bit : {0x20u, 0x40u}) {      // A and D
        const auto cleared = changed(Kind::pte, [&](Event& event) {
            u64& entry = attr(event, "old");
            return entry & 1 && entry & bit && (entry ^= bit);
        });
        CHECK(cleared.first > cleared.second / 2);
        const auto lost = changed(Kind::pte, [&](Event& event) {
            const u64 before = attr(event, "old");
            u64& after = attr(event, "new");
            return before & after & 1 && before & after & bit && before >> 12 == after >> 12 && (after ^= bit);
        });
        CHECK((lost.second > 0 && lost.first == lost.second));
    }
    CHECK(changed(Kind::pte, [&](Event& event) {
              return !(attr(event, "new") & 0x40) && attr(event, "new") & 1 && (attr(event, "new") |= 0x40);
          }).first > 0);
}

// EXECSCOPE_MUTATIONS=N makes more of them (the target `mutations`), EXECSCOPE_SEED=N others, EXECSCOPE_MUTATED=FILE those of another
// trace.
TEST_CASE("verify: every mutation of a trace is found") {
    const char *number = std::getenv("EXECSCOPE_MUTATIONS"), *seed = std::getenv("EXECSCOPE_SEED");
    const unsigned wanted = number ? static_cast<unsigned>(std::atoi(number)) : sampled;
    Mutator random(seed ? static_cast<unsigned>(std::atoi(seed)) : 7);
    for (unsigned done = 0; done < wanted;) {
        const Trial trial = mutate(random);
        if (!trial.counts) continue;
        ++done;
        INFO(trial.what);
        CHECK(trial.found != "");
    }
}
