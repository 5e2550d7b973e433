// Instructions as the block builder has them before it joins and links them.
#pragma once

#include "cpu/core.hpp"
#include "cpu/lower.hpp"

#include <catch2/catch.hpp>

#include <vector>

struct Draft {
    std::vector<cpu::Op> ops;
    std::vector<cpu::BlockDraft::InstructionNote> notes;    // parallel to ops

    explicit Draft(const std::vector<std::vector<u8>>& instructions) {
        for (const std::vector<u8>& bytes : instructions) {
            cpu::Decoded decoded;
            REQUIRE(ZYAN_SUCCESS(cpu::decode(bytes.data(), bytes.size(), decoded)));
            const cpu::Lowered lowered = cpu::lowered(decoded, 0);
            ops.push_back(lowered.op);
            notes.emplace_back().take(lowered);
        }
    }
};
