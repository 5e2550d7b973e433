// Keeps events for a test to look at, and the tracer clean around it.
#pragma once

#include "traces/complaint.hpp"
#include "traces/json_text.hpp"
#include "traces/tracer.hpp"

#include <string>
#include <vector>

class Collector final : public traces::Observer {
public:
    explicit Collector(u64 mask = traces::everything()) {
        traces::tracer().reset();
        traces::tracer().addObserver(this);
        traces::tracer().setMask(mask);
    }
    ~Collector() override { traces::tracer().reset(); }
    void event(const traces::Event& e) override {
        events.push_back(e);
        if (const std::string wrong = traces::complaint(e); !wrong.empty()) complaints.push_back(wrong);
    }
    // A line without its envelope: `call function="f" args={...}` as JSON members.
    std::string brief(std::size_t i) const {
        const traces::Event& e = events.at(i);
        std::string out(traces::info(e.kind).name);
        for (const traces::Attr& attr : e.attrs) {
            out += ' ';
            out += attr.name;
            out += '=';
            traces::appendValue(out, attr.value);
        }
        return out;
    }
    std::vector<traces::Event> events;
    std::vector<std::string> complaints;
};
