#include "traces/tracer.hpp"

namespace traces {

constinit TracerStorage tracerStorage;

void Tracer::emit(Kind kind, std::initializer_list<Attr> attrs) {
    if (recorded_ & bit(kind)) emit(kind, std::vector<Attr>(attrs));
}

void Tracer::emit(Kind kind, std::vector<Attr> attrs) {
    if (!(recorded_ & bit(kind))) return;
    Event event{kind, seq_++, clock_ ? *clock_ : 0, pid_, std::move(attrs)};
    ++counts_[static_cast<unsigned>(kind)];
    for (std::size_t i = 0; i < observers_.size(); ++i) observers_[i]->event(event);
}

void Tracer::reset() { *this = Tracer(); }

}  // namespace traces
