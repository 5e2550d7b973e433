// Kernel objects and their fields, visible to the trace: object_new/object_free events and a `set` for every assignment.
#pragma once

#include "traces/tracer.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace traces {

// Base of every kernel object that the trace shows. Named type#serial, serial counted per type from 0 in order of
// construction, so names are the same in every run. Not copyable: a duplicate is a new object (see dup_task_struct).
class Object {
public:
    Object(const char* type, std::size_t size, const Object* from = nullptr);   // from: what it is a duplicate of
    ~Object();
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;

    std::string objectName() const;             // "mm_struct#3"
    const char* objectType() const noexcept { return type_; }
    u32 objectSerial() const noexcept { return serial_; }

    static Object* containing(const void* field) noexcept;   // the live object whose bytes hold `field`, or null
    static std::size_t live() noexcept;                      // objects alive: 0 after the last process is gone

private:
    friend struct ObjectRegistry;
    const char* type_;
    u32 serial_;
    std::size_t size_;
    Object* next_ = nullptr;
    Object* previous_ = nullptr;
};

// Value of a pointer to an object: its name, or null.
Value objectValue(const Object* object);
template <class T>
    requires std::is_base_of_v<Object, T>
Value traceValue(T* object) {
    return objectValue(object);
}

template <std::size_t N>
struct FieldName {
    char text[N]{};
    constexpr FieldName(const char (&s)[N]) { std::copy_n(s, N, text); }
    constexpr std::string_view view() const { return {text, N - 1}; }
};

// How the value of a field is read again for the hashes of a state (registry.hpp). A pointer may dangle: it is not followed
// but compared with the one that was shown.
struct FieldSource {
    Value (*read)(const void* field) = nullptr;             // null: the value last shown stands
    const void* (*pointer)(const void* field) = nullptr;
    const void* shown = nullptr;
    bool trivial = false;                                   // readable while its object is destroyed
};

// A `set` event for the live object that holds `field`; a field outside every object changes unseen.
void fieldChanged(const void* field, std::string_view name, Value before, Value after, FieldSource source = {});

// A field of an Object. Reads as T; an assignment that changes the value is an event.
template <class T, FieldName name>
class Field {
public:
    Field() = default;
    Field(T v) : value_(std::move(v)) {}
    Field(const Field& other) : value_(other.value_) {}

    Field& operator=(const Field& other) { return *this = other.value_; }
    Field& operator=(const T& v) {
        if (tracer().on(Kind::set) && !(value_ == v)) [[unlikely]]
            fieldChanged(this, name.view(), traceValue(value_), traceValue(v), source(v));
        value_ = v;
        return *this;
    }
    operator const T&() const noexcept { return value_; }
    const T& get() const noexcept { return value_; }
    T& quiet() noexcept { return value_; }      // for what the trace shows otherwise (events of their own)
    auto operator->() const noexcept
        requires std::is_pointer_v<T>
    {
        return value_;
    }

    Field& operator+=(const T& v) requires requires(T a) { a + a; } { return *this = static_cast<T>(value_ + v); }
    Field& operator-=(const T& v) requires requires(T a) { a - a; } { return *this = static_cast<T>(value_ - v); }
    Field& operator|=(const T& v) requires requires(T a) { a | a; } { return *this = static_cast<T>(value_ | v); }
    Field& operator&=(const T& v) requires requires(T a) { a & a; } { return *this = static_cast<T>(value_ & v); }
    Field& operator++() { return *this = static_cast<T>(value_ + 1); }
    Field& operator--() { return *this = static_cast<T>(value_ - 1); }

private:
    static FieldSource source([[maybe_unused]] const T& v) {
        if constexpr (std::is_pointer_v<T>)
            return {nullptr, [](const void* f) -> const void* { return static_cast<const Field*>(f)->value_; }, v, true};
        else
            return {[](const void* f) { return traceValue(static_cast<const Field*>(f)->value_); }, nullptr, nullptr,
                    std::is_trivially_destructible_v<T>};
    }
    T value_{};
};
template <class T, FieldName name>
Value traceValue(const Field<T, name>& field) {
    return traceValue(field.get());
}

}  // namespace traces

// Declares a traced field of an Object: FIELD(pid_t, pid);
#define FIELD(type, name) traces::Field<type, #name> name
#define FIELD_INIT(type, name, ...) traces::Field<type, #name> name{__VA_ARGS__}
