#include "traces/object.hpp"
#include "traces/registry.hpp"
#include "traces/state_hash.hpp"

#include <map>
#include <new>

namespace traces {

// Who is alive. The list is always kept (it is cheap); the index by address is built when a field is first looked up
// and kept from then on, so a run that traces no fields has none. Never destroyed, for objects with static storage.
struct ObjectRegistry {
    struct Shown {
        const void* field;
        FieldSource source;
        Value value;            // as last shown
    };
    std::map<const Object*, std::map<std::string, Shown, std::less<>>> shown;   // what `set` events have told, per live object
    std::map<std::string_view, u32> serials;
    std::map<const char*, Object*, std::less<>> index;
    Object* first = nullptr;
    std::size_t live = 0;
    std::size_t largest = 0;
    bool indexed = false;

    static ObjectRegistry& instance() {
        alignas(ObjectRegistry) static char storage[sizeof(ObjectRegistry)];
        static ObjectRegistry* const registry = new (storage) ObjectRegistry;
        return *registry;
    }
    static const Object* next(const Object* o) { return o->next_; }
    static const char* address(const void* p) { return static_cast<const char*>(p); }

    void add(Object* o) {
        o->serial_ = serials[o->type_]++;
        o->next_ = first;
        if (first) first->previous_ = o;
        first = o;
        ++live;
        largest = std::max(largest, o->size_);
        if (indexed) index[address(o)] = o;
    }

    void remove(Object* o) {
        (o->previous_ ? o->previous_->next_ : first) = o->next_;
        if (o->next_) o->next_->previous_ = o->previous_;
        --live;
        if (indexed) index.erase(address(o));
        shown.erase(o);
    }

    // The innermost: objects may be members of others.
    Object* holding(const void* field) {
        if (!indexed) buildIndex();
        const char* at = address(field);
        for (auto it = index.upper_bound(at); it != index.begin();) {
            --it;
            const auto offset = static_cast<std::size_t>(at - it->first);
            if (offset < it->second->size_) return it->second;
            if (offset >= largest) return nullptr;
        }
        return nullptr;
    }

    void buildIndex() {
        for (Object* o = first; o; o = o->next_) index[address(o)] = o;
        indexed = true;
    }
};

Object::Object(const char* type, std::size_t size, const Object* from) : type_(type), size_(size) {
    ObjectRegistry::instance().add(this);
    if (!tracer().on(Kind::object_new)) return;
    std::vector<Attr> attrs{{"object", Value::text(objectName())}, {"type", Value::text(type_)}};
    if (from) attrs.push_back({"from", objectValue(from)});
    tracer().emit(Kind::object_new, std::move(attrs));
}

Object::~Object() {
    if (tracer().on(Kind::object_free)) {
        std::vector<Attr> attrs{{"object", Value::text(objectName())}};
        if (tracer().on(Kind::set)) attrs.push_back({"hash", Value::hex(hashOfFields(shownFields(*this, Reading::atItsEnd)))});
        tracer().emit(Kind::object_free, std::move(attrs));
    }
    ObjectRegistry::instance().remove(this);
}

std::string Object::objectName() const { return std::string(type_) + '#' + std::to_string(serial_); }

Object* Object::containing(const void* field) noexcept { return ObjectRegistry::instance().holding(field); }

std::vector<const Object*> liveObjects() {
    std::vector<const Object*> all;
    for (const Object* o = ObjectRegistry::instance().first; o; o = ObjectRegistry::next(o)) all.push_back(o);
    std::ranges::sort(all, {}, [](const Object* o) { return std::pair(std::string_view(o->objectType()), o->objectSerial()); });
    return all;
}

std::size_t Object::live() noexcept { return ObjectRegistry::instance().live; }

Value objectValue(const Object* object) { return object ? Value::text(object->objectName()) : Value::null(); }

FieldValues shownFields(const Object& object, Reading reading) {
    FieldValues values;
    const auto& all = ObjectRegistry::instance().shown;
    const auto fields = all.find(&object);
    if (fields == all.end()) return values;
    for (const auto& [name, one] : fields->second) {
        const FieldSource& source = one.source;
        if (source.pointer && source.pointer(one.field) != source.shown) values[name] = Value::text("changed unseen");
        else if (source.read && (source.trivial || reading == Reading::alive)) values[name] = source.read(one.field);
        else values[name] = one.value;
    }
    return values;
}

void fieldChanged(const void* field, std::string_view name, Value before, Value after, FieldSource source) {
    const Object* object = Object::containing(field);
    if (!object) return;
    ObjectRegistry::instance().shown[object].insert_or_assign(std::string(name), ObjectRegistry::Shown{field, source, after});
    std::vector<Attr> attrs;
    attrs.push_back({"object", Value::text(object->objectName())});
    attrs.push_back({"field", Value::text(name)});
    attrs.push_back({"old", std::move(before)});
    attrs.push_back({"new", std::move(after)});
    tracer().emit(Kind::set, std::move(attrs));
}

}  // namespace traces
