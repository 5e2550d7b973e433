#include "tests/unit/traces/collector.hpp"
#include "traces/object.hpp"
#include "traces/scope.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>

using namespace traces;

namespace {

struct sample : Object {
    explicit sample(const sample* from = nullptr) : Object("sample", sizeof(sample), from) {}
    FIELD_INIT(int, users, 1);
    FIELD(u64, brk);
    FIELD(sample*, next);
};

struct outer : Object {
    outer() : Object("outer", sizeof(outer)) {}
    FIELD(int, before);
    sample inside;
    FIELD(int, after);
};

struct only {   // cannot be copied
    explicit only(int n) : value(std::make_unique<int>(n)) {}
    std::unique_ptr<int> value;
};
Value traceValue(const only& o) { return Value::count(*o.value); }

static_assert(sizeof(Field<int, "x">) == sizeof(int));

static TRACED(int, plus_one, (int, n), (const char*, who)) { return who ? n + 1 : n; }
static TRACED(void, set_users, (sample*, s), (int, n)) {
    s->users = n;
    if (n < 0) throw std::runtime_error("the task is dead");
}
static TRACED(bool, is_even, (int, n)) { return n % 2 == 0; }
static TRACED(only&, same, (only&, o)) { return o; }
static TRACED(void, nothing) {}

}  // namespace

TEST_CASE("a call records its arguments and its result") {
    Collector seen;
    CHECK(plus_one(41, nullptr) == 41);
    CHECK(plus_one(41, "a") == 42);
    nothing();
    REQUIRE(seen.events.size() == 6);
    CHECK(seen.brief(0) == R"(call function="plus_one" args={"n":41,"who":null})");
    CHECK(seen.brief(1) == R"(return function="plus_one" result=41)");
    CHECK(seen.brief(2) == R"(call function="plus_one" args={"n":41,"who":"a"})");
    CHECK(seen.brief(4) == R"(call function="nothing" args={})");
    CHECK(seen.brief(5) == R"(return function="nothing" result=null)");
    CHECK(seen.complaints.empty());
}

namespace {
struct EveryCall : Injector {
    EveryCall() { tracer().setInjector(this); }
    ~EveryCall() override { tracer().setInjector(nullptr); }
    int error(std::string_view function) override {
        asked += std::string(function) + " ";
        return fails ? 12 : 0;
    }
    std::string asked;
    bool fails = true;
};
}  // namespace

TEST_CASE("an injected failure takes the place of the body and is marked") {
    Collector seen;
    EveryCall injector;
    CHECK(plus_one(41, "a") == -12);
    CHECK(is_even(4));
    nothing();
    injector.fails = false;
    CHECK(plus_one(41, "a") == 42);
    CHECK(injector.asked == "plus_one plus_one ");
    CHECK(seen.brief(0) == R"(call function="plus_one" args={"n":41,"who":"a"})");
    CHECK(seen.brief(1) == R"(return function="plus_one" result=-12 injected=true)");
    CHECK(seen.brief(7) == R"(return function="plus_one" result=42)");
    CHECK(seen.complaints.empty());
}

TEST_CASE("injection needs nobody who listens, and leaves no event that was not asked for") {
    Collector seen(bit(Kind::set));
    EveryCall injector;
    CHECK(plus_one(1, nullptr) == -12);
    tracer().setMask(0);
    CHECK(plus_one(1, nullptr) == -12);
    CHECK(tracer().mask() == 0);
    CHECK(seen.events.empty());
}

TEST_CASE("traced functions are listed with whether they can fail") {
    std::string found;
    for (const TracedFunction* function : tracedFunctions())
        if (function->label() == "plus_one" || function->label() == "is_even" || function->label() == "set_users")
            found += std::string(function->label()) + (function->fallible ? "+ " : "- ");
    CHECK(found.find("plus_one+") != std::string::npos);
    CHECK(found.find("is_even-") != std::string::npos);
    CHECK(found.find("set_users-") != std::string::npos);
}

TEST_CASE("a call may return a reference to what cannot be copied") {
    Collector seen;
    only o(3);
    CHECK(&same(o) == &o);
    CHECK(seen.brief(1) == R"(return function="same" result=3)");
}

TEST_CASE("a call that an exception leaves has no return") {
    sample s;
    Collector seen;
    CHECK_THROWS(set_users(&s, -1));
    REQUIRE(seen.events.size() == 2);
    CHECK(seen.events[0].kind == Kind::call);
    CHECK(seen.events[1].kind == Kind::set);
}

TEST_CASE("what nobody listens to is not emitted") {
    Collector seen(bit(Kind::ret));
    plus_one(1, "a");
    CHECK(seen.events.empty());   // a return without its call would say nothing
    tracer().setMask(0);
    sample s;
    s.users = 7;
    CHECK(seen.events.empty());
    CHECK(s.users == 7);
}

TEST_CASE("an object has a name, and its fields' changes are events") {
    Collector seen;
    std::string name;
    {
        sample s;
        name = s.objectName();
        s.users = 1;   // no change
        s.users = 2;
        s.brk += 0x1000;
        s.next = &s;
        sample copy(&s);
        REQUIRE(seen.events.size() == 5);
        CHECK(seen.brief(0) == "object_new object=\"" + name + R"(" type="sample")");
        CHECK(seen.brief(1) == "set object=\"" + name + R"(" field="users" old=1 new=2)");
        CHECK(seen.brief(2) == "set object=\"" + name + R"(" field="brk" old="0x0" new="0x1000")");
        CHECK(seen.brief(3) == "set object=\"" + name + R"(" field="next" old=null new=")" + name + '"');
        CHECK(seen.brief(4) ==
              "object_new object=\"" + copy.objectName() + R"(" type="sample" from=")" + name + '"');
        CHECK(copy.objectSerial() == s.objectSerial() + 1);
    }
    CHECK(seen.brief(6).starts_with("object_free object=\"" + name + "\" hash=\"0x"));
    CHECK(seen.complaints.empty());
}

TEST_CASE("a field belongs to the innermost object that holds it") {
    outer o;
    CHECK(Object::containing(&o.inside.brk) == &o.inside);
    CHECK(Object::containing(&o.before) == &o);
    CHECK(Object::containing(&o.after) == &o);
    int elsewhere = 0;
    CHECK(Object::containing(&elsewhere) == nullptr);
}

TEST_CASE("the registry counts the living") {
    const std::size_t before = Object::live();
    auto a = std::make_unique<sample>();
    auto b = std::make_unique<sample>();
    const void* field = &a->brk;
    CHECK(Object::containing(field) == a.get());
    a.reset();
    CHECK(Object::containing(field) == nullptr);
    CHECK(Object::live() == before + 1);
    b.reset();
    CHECK(Object::live() == before);
}

TEST_CASE("a field outside every object changes unseen") {
    Collector seen;
    Field<int, "x"> loose;
    loose = 5;
    CHECK(seen.events.empty());
    CHECK(loose == 5);
}

TEST_CASE("locals and checks") {
    Collector seen;
    Local<u64> elf_bss("elf_bss");
    elf_bss = 0;   // no change
    elf_bss = 0x4c5000;
    CHECK_FALSE(check("e_machine is EM_X86_64", false, 183));
    REQUIRE(seen.events.size() == 2);
    CHECK(seen.brief(0) == R"(local name="elf_bss" value="0x4c5000")");
    CHECK(seen.brief(1) == R"(check rule="e_machine is EM_X86_64" passed=false seen=183)");
}

TEST_CASE("the clock, the task and the sequence are in every event") {
    Collector seen;
    u64 clock = 5;
    tracer().setClock(&clock);
    tracer().setTask(3);
    nothing();
    clock = 9;
    nothing();
    REQUIRE(seen.events.size() == 4);
    CHECK(seen.events[3].seq == 3);
    CHECK(seen.events[3].insn == 9);
    CHECK(seen.events[3].pid == 3);
    CHECK(tracer().emitted() == 4);
    CHECK(tracer().emitted(Kind::call) == 2);
}
