// What two traces tell differently: the first difference, the places after it, a summary.
#pragma once

#include "emu/tools/story_steps.hpp"
#include "emu/tools/text.hpp"

#include <array>

namespace emu {

class StoryDiff {
public:
    StoryDiff(StorySteps& a, StorySteps& b, const Screen& screen) : sides_{Side{a, {}, 0, 0, {}}, Side{b, {}, 0, 0, {}}}, screen_(screen) {}
    std::string tell();                                     // reads both to their ends
    bool different() const noexcept { return places_ != 0 || values_ != 0; }

private:
    static constexpr std::array<std::size_t, 2> windows = {512, 2048};     // steps that a difference may be long: most are short
    static constexpr std::size_t together = 3;              // steps in a row that show that both tell the same again
    static constexpr std::size_t shownPlaces = 8, shownSteps = 12, shownNames = 10, shownValues = 5;

    struct Side {
        StorySteps& steps;
        std::deque<Step> ahead;
        u64 total = 0, own = 0;
        std::map<std::string, i64> names;                   // of steps that the other side does not have
        bool fill(std::size_t most);                        // whether there is a step
        Step take();
    };

    bool meet(std::size_t i, std::size_t j) const;
    void compare();
    std::optional<std::pair<std::size_t, std::size_t>> meeting() const;
    void difference();
    void block(std::size_t inA, std::size_t inB, bool shown);
    void own(Side& side, char letter, Style style, std::size_t& room);
    void sameStep(const Step& a, const Step& b);
    void values();
    void headers();
    void summary();
    void only(const Side& side, const Side& other, char letter);
    void line(std::string_view text, Style style = Style::plain);

    std::array<Side, 2> sides_;
    const Screen& screen_;
    std::string out_;
    std::deque<Step> before_;                               // the last common steps
    u64 same_ = 0, places_ = 0, values_ = 0;
    std::vector<std::pair<Step, Step>> shownValues_;        // the first common steps with other values
};

}  // namespace emu
