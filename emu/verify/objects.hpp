// Kernel objects as the events of a trace make them: which are alive, and the fields that have been shown.
#pragma once

#include "emu/verify/problem.hpp"
#include "traces/state_hash.hpp"

#include <map>
#include <optional>

namespace emu {

class FoldedObjects {
public:
    void made(const traces::Event& object_new);
    // `saved`: what else the field may hold, because the processor saved it there.
    void changed(const traces::Event& set, const std::optional<traces::Value>& saved);
    void freed(const traces::Event& object_free);       // compares the hash of its fields

    bool alive(const ObjectName& name) const { return live_.contains(name); }
    // The value of a field of a live object; null when it was never shown.
    const traces::Value* field(const ObjectName& object, std::string_view name) const;
    void hash(traces::StateHash& state) const;          // objects, descriptors
    // By frame: how many entries of page tables map it, as far as the trace has told.
    const std::map<u64, i64>& mapCounts() const noexcept { return map_counts_; }
    std::size_t size() const noexcept { return live_.size(); }

private:
    void referred(u64 pfn, i64 before, i64 after);
    void pageChanged(u64 pfn, const traces::Event& set);
    void descriptors(const std::string& name, const traces::FieldValues& fields, traces::StateHash& state) const;

    std::map<ObjectName, traces::FieldValues> live_;
    std::map<std::string, u64> next_;                   // per type: the next number
    std::map<u64, i64> map_counts_;
    std::map<u64, i64> references_;                     // of a frame that is mapped, once its count was shown
};

}  // namespace emu
