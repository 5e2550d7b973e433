#include "emu/world_header.hpp"

#include "cpu/features.hpp"
#include "cpu/physical_memory.hpp"
#include "emu/machine.hpp"

#include <stdexcept>

namespace emu {

namespace {

using traces::Event;
using traces::Value;
using Type = Value::Type;

constexpr u64 pagesPerMib = (u64{1} << 20) / cpu::PAGE_SIZE, mostMib = u64{1} << 20, mostId = 0xffff'fffe;

[[noreturn]] void refuse(const std::string& name) {
    throw std::runtime_error("--replay: '" + name + "' of its header is nothing that can be had");
}

// The items of a header, each looked at when the command line does not say it already.
class Recorded {
public:
    Recorded(const Event& header, const std::set<std::string>& given) : header_(header), options_(header.find("options")), given_(given) {}

    // Null: it is not there, or was given.
    const Value* find(const std::string& name, Type type) const {
        std::string option = "--" + name;
        for (char& c : option)
            if (c == '_') c = '-';
        if (option == "--frames") option = "--memory";
        if (given_.contains(option)) return nullptr;
        const Value* value = header_.find(name);
        if (!value && options_) value = options_->find(name);
        if (value && value->type != type) refuse(name);
        return value;
    }
    template <class Number>
    void take(const std::string& name, Number& to, u64 least, u64 most) const {
        const Value* value = find(name, Type::count);
        if (!value) return;
        if (value->number < least || value->number > most) refuse(name);
        to = static_cast<Number>(value->number);
    }
    void take(const std::string& name, std::string& to, bool (*good)(const std::string&)) const {
        const Value* value = find(name, Type::text);
        if (!value) return;
        if (!good(value->string)) refuse(name);
        to = value->string;
    }

private:
    const Event& header_;
    const Value* options_;
    const std::set<std::string>& given_;
};

}  // namespace

// Where they stand in the guest.
static Value bindsOf(const WorldOptions& world) {
    std::vector<Value> binds;
    for (const Bind& one : world.binds) binds.push_back(Value::text(guestPath(one) + (one.writable ? ":rw" : "")));
    return Value::list(std::move(binds));
}

Value worldOptions(const WorldOptions& world) {
    const WorldOptions usual;
    Value items = Value::object();
    const auto number = [&](const char* name, u64 is, u64 was) {
        if (is != was) items.with(name, Value::count(static_cast<i64>(is)));
    };
    number("uid", world.uid, usual.uid);
    number("gid", world.gid, usual.gid);
    if (world.sched != usual.sched) items.with("sched", Value::text(world.sched));
    if (world.aslr) items.with("aslr", Value::boolean(true));
    if (!world.root.empty()) items.with("root", Value::boolean(true));
    if (!world.binds.empty()) items.with("bind", bindsOf(world));
    if (!world.chdir.empty()) items.with("chdir", Value::text(world.chdir));
    number("max_instructions", world.max_instructions, usual.max_instructions);
    number("disk", world.disk_mib, usual.disk_mib);
    if (world.inject.empty()) return items;
    std::vector<Value> injections;
    for (const std::string& one : world.inject) injections.push_back(Value::text(one));
    return items.with("inject", Value::list(std::move(injections)));
}

Value describeScreens(const Screens& screens) {
    std::vector<Value> streams;
    for (const int stream : {0, 1, 2})
        if (screens.streams.at(static_cast<std::size_t>(stream))) streams.push_back(Value::count(stream));
    Value item = Value::object();
    return item.with("streams", Value::list(std::move(streams)))
        .with("rows", Value::count(screens.rows))
        .with("columns", Value::count(screens.columns));
}

Screens recordedScreens(const Event& header) {
    const std::set<std::string> nothing;
    const Value* item = Recorded(header, nothing).find("terminal", Type::object);
    Screens screens;
    if (!item) return screens;
    const auto number = [item](std::string_view name, u64 most) -> u64 {
        const Value* value = item->find(name);
        if (!value || value->type != Type::count || value->number > most) refuse("terminal");
        return value->number;
    };
    screens.rows = static_cast<u16>(number("rows", UINT16_MAX));
    screens.columns = static_cast<u16>(number("columns", UINT16_MAX));
    const Value* streams = item->find("streams");
    if (!streams || streams->type != Type::list || streams->items.empty()) refuse("terminal");
    for (const Value& stream : streams->items) {
        if (stream.type != Type::count || stream.number > 2) refuse("terminal");
        screens.streams.at(stream.number) = true;
    }
    return screens;
}

static std::vector<std::string> texts(const Value* list, const std::string& name) {
    std::vector<std::string> out;
    if (list)
        for (const Value& one : list->items)
            one.type == Type::text&& one.string.find('\0') == one.string.npos ? out.push_back(one.string) : refuse(name);
    return out;
}

// The program, which lies where the trace says unless PROGRAM was given; its arguments unless ARGS were; its environment.
static void takeProgram(const Recorded& recorded, const std::set<std::string>& given, WorldOptions& world) {
    const Value* path = recorded.find("program", Type::text);
    if (path && !path->string.starts_with('/')) path = nullptr;
    if (world.program.size() < 2) {
        world.program_file = !world.program.empty() ? world.program.front() : path ? path->string : "";
        world.program = texts(recorded.find("argv", Type::list), "argv");
        if (world.program.empty()) refuse("argv");
    }
    if (world.root.empty() && path && !given.contains("--path-as")) world.path_as = path->string;
    if (given.contains("--env") || given.contains("--env-host")) return;
    if (const Value* environment = recorded.find("env", Type::list)) world.whole_environment = texts(environment, "env");
}

void takeWorld(const Event& header, const std::set<std::string>& given, WorldOptions& world) {
    const Recorded recorded(header, given);
    recorded.take("profile", world.profile, [](const std::string& text) { return text == "v3.10" || text == "v6.1"; });
    recorded.take("cpu", world.cpu, [](const std::string& text) { return cpu::parseModel(text).model.has_value(); });
    recorded.take("sched", world.sched, [](const std::string& text) { return text == "rr" || text == "random"; });
    recorded.take("chdir", world.chdir, [](const std::string& text) { return !text.empty() && text.find('\0') == text.npos; });
    recorded.take("cwd", world.cwd, [](const std::string& text) { return text.starts_with('/') && text.find('\0') == text.npos; });
    takeProgram(recorded, given, world);
    recorded.take("uid", world.uid, 0, mostId);
    recorded.take("gid", world.gid, 0, mostId);
    recorded.take("max_instructions", world.max_instructions, 1, ~u64{0});
    recorded.take("disk", world.disk_mib, 1, mostMib);
    u64 frames = world.memory_mib * pagesPerMib;
    recorded.take("frames", frames, 16 * pagesPerMib, mostMib * pagesPerMib);
    if (frames % pagesPerMib) refuse("frames");
    world.memory_mib = frames / pagesPerMib;
    if (const Value* seed = recorded.find("seed", Type::hex)) world.seed = seed->number;
    if (const Value* aslr = recorded.find("aslr", Type::boolean)) world.aslr = aslr->number;
    if (const Value* injections = recorded.find("inject", Type::list)) {
        world.inject = texts(injections, "inject");
    }
}

}  // namespace emu
