#include "traces/tracer.hpp"

namespace traces {

constinit TracerStorage tracerStorage;

void Tracer::emit(Kind kind, std::initializer_list<Attr> attrs) {
    if (recorded_ & bit(kind)) emit(kind, std::vector<Attr>(attrs));
}

void Tracer::emit(Kind kind, std::vector<Attr> attrs) {
    if (!(recorded_ & bit(kind))) return;
    Event event = next(kind);
    event.attrs = std::move(attrs);
    for (std::size_t i = 0; i < listeners_.size(); ++i)
        if (listeners_[i].kinds & bit(kind)) listeners_[i].observer->event(event);
}

Event Tracer::next(Kind kind) {
    ++counts_[static_cast<unsigned>(kind)];
    return {kind, seq_++, clock_ ? *clock_ : 0, pid_, {}};
}

bool Tracer::isFor(const Observer* observer, Kind kind) const noexcept {
    if (!(recorded_ & bit(kind))) return false;
    for (const Listener& one : listeners_)
        if (one.observer != observer && one.kinds & bit(kind)) return false;
    return true;
}

void Tracer::reset() { *this = Tracer(); }

}  // namespace traces
