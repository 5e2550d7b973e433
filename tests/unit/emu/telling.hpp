// Events as a machine would emit them, one call each, for the tests of what listens to them.
#pragma once

#include "traces/event.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace emu_test {

using traces::Attr;
using traces::Event;
using traces::Kind;
using traces::Value;

// Self has take(const Event&).
template <class Self>
class Telling {
public:
    Self& at(u64 clock, int pid) {
        clock_ = clock;
        pid_ = pid;
        return self();
    }
    Self& add(Kind kind, std::vector<Attr> attrs) {
        self().take(Event{kind, 0, clock_, pid_, std::move(attrs)});
        return self();
    }
    Self& call(const char* name, Value args = Value::object()) {
        return add(Kind::call, {{"function", Value::text(name)}, {"args", std::move(args)}});
    }
    Self& ret(const char* name, Value result = Value::null()) {
        return add(Kind::ret, {{"function", Value::text(name)}, {"result", std::move(result)}});
    }
    Self& ret(const char* name, i64 result) { return ret(name, Value::count(result)); }
    Self& check(const char* rule, bool passed, i64 seen = 0) {
        return add(Kind::check, {{"rule", Value::text(rule)}, {"passed", Value::boolean(passed)}, {"seen", Value::count(seen)}});
    }
    Self& set(const char* object, const char* field, Value value) {
        return add(Kind::set, {{"object", Value::text(object)}, {"field", Value::text(field)}, {"new", std::move(value)}});
    }
    Self& enter(const char* name, std::vector<Value> args = {}, std::vector<Value> raw = {}) {
        return add(Kind::sys_enter,
                   {{"name", Value::text(name)}, {"args", Value::list(std::move(args))}, {"raw", Value::list(std::move(raw))}});
    }
    Self& leave(const char* name, i64 result) {
        return add(Kind::sys_exit, {{"name", Value::text(name)}, {"result", Value::count(result)}});
    }

private:
    Self& self() { return static_cast<Self&>(*this); }

    u64 clock_ = 0;
    int pid_ = 0;
};

inline void contains(const std::string& text, const std::string& part) {
    INFO(part << "\n--- is not in ---\n" << text);
    CHECK(text.find(part) != std::string::npos);
}

}  // namespace emu_test
