// What changes of lines and of records have in common: a trace in parts. Equal seeds give equal changes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace fuzz {

class Parts {
protected:
    explicit Parts(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t n) { return random_() % n; }
    std::string& any() { return parts_[below(parts_.size())]; }
    auto place() { return parts_.begin() + static_cast<std::ptrdiff_t>(below(parts_.size())); }

    void remove() { parts_.erase(place()); }
    void repeat() {
        const std::string copy = any();
        parts_.insert(place(), copy);
    }
    void swap() { std::iter_swap(place(), place()); }
    void cut() { parts_.erase(place(), parts_.end()); }
    void changeByte(std::string& part) {
        if (!part.empty()) part[below(part.size())] = static_cast<char>(below(256));
    }

    std::mt19937 random_;
    std::vector<std::string> parts_;
};

}  // namespace fuzz
