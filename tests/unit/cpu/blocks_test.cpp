#include "traces/sanitizer.hpp"
#include "cpu/core.hpp"
#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>
#include <algorithm>

using namespace cpu;

namespace {

constexpr u64 TARGET = Machine::CODE + PAGE_SIZE;

// Like a JIT: rewrites the immediate of a function in another page and calls it, for ever.
//   again: inc ecx; mov [TARGET + 1], ecx; call TARGET; add edx, eax; jmp again        TARGET: mov eax, imm32; ret
struct Rewriter {
    Rewriter() : machine({0xff, 0xc1, 0x89, 0x0d, 0xf9, 0x0f, 0, 0, 0xe8, 0xf3, 0x0f, 0, 0, 0x01, 0xc2, 0xeb, 0xef}), core(machine.memory) {
        machine.put(TARGET, {0xb8, 0, 0, 0, 0, 0xc3});
        core.cr3 = machine.cr3;
        core.rip = Machine::CODE;
        core.gpr[RSP] = Machine::STACK;
    }
    void rewrite(u64 times) {
        const u64 until = core.count + times * 7;
        while (core.count < until && core.trap.kind == Trap::Kind::limit) core.step(until);
    }
    Machine machine;
    Core core;
};

}  // namespace

TEST_CASE("rewritten code does not pile up") {
    Rewriter jit;
    jit.rewrite(1000);
    const u64 bytes = jit.core.blocks.bytes();
    CHECK(bytes > 0);
    CHECK(jit.core.gpr[RCX] == 1000);
    CHECK(jit.core.gpr[RDX] == 1000 * 1001 / 2);
    jit.rewrite(99000);
    CHECK(jit.core.gpr[RCX] == 100000);
    CHECK(jit.core.blocks.bytes() == bytes);
}

TEST_CASE("ten million rewrites", "[.long]") {
    Rewriter jit;
    jit.rewrite(1000);
    const u64 bytes = jit.core.blocks.bytes();
    jit.rewrite(9999000);
    CHECK(jit.core.gpr[RCX] == 10000000);
    CHECK(jit.core.blocks.bytes() == bytes);
}

TEST_CASE("code that straddles two rewritten pages is forgotten with either") {
    Blocks blocks(16);
    const auto add = [&] {
        BlockPtr block = blocks.make(std::vector<Op>(3));
        block->pfn = 1, block->second = 2, block->straddles = true, block->offset = 4094;
        return blocks.add(std::move(block));
    };
    const Block* made = add();
    CHECK(made == blocks.find(1, 4094, BlockMode::plain));
    const u64 bytes = blocks.bytes();
    for (u64 pfn : {1, 2, 1}) {
        CHECK(blocks.frameHasCode(pfn));
        blocks.drop(pfn);
        CHECK(!blocks.find(1, 4094, BlockMode::plain));
        CHECK(blocks.bytes() == 0);
        blocks.reap();
        add();
        add();
        CHECK(blocks.bytes() == bytes);
    }
    blocks.warmUp(1);
    CHECK(blocks.hot(1));
    CHECK(blocks.bytes() == 0);
    blocks.drop(1);
    CHECK(!blocks.hot(1));
    CHECK(!blocks.frameHasCode(1));
}

TEST_CASE("blocks lie in the room that there is, take again what was given back, and then go to the heap") {
    std::vector<u8> storage(64 + Blocks::BUCKET_BYTES + 10 * (sizeof(Block) + sizeof(Op)));
    u8* const aligned = storage.data() + (-reinterpret_cast<u64>(storage.data()) % 64);
    const std::span<u8> room(aligned, Blocks::BUCKET_BYTES + 4 * (sizeof(Block) + sizeof(Op)));
    Blocks blocks(16, room);
    const auto inRoom = [&](const BlockPtr& block) {
        return reinterpret_cast<u8*>(block.get()) >= room.data() && reinterpret_cast<u8*>(block.get()) < room.data() + room.size();
    };
    std::vector<BlockPtr> made;
    for (unsigned i = 0; i < 6; ++i) made.push_back(blocks.make(std::vector<Op>(1)));
    for (unsigned i = 0; i < 6; ++i) CHECK(inRoom(made[i]) == (i < 4));
    const Block* const second = made[1].get();
    made[5].reset();
    made[1].reset();
    CHECK(blocks.make(std::vector<Op>(1)).get() == second);
    CHECK(!inRoom(blocks.make(std::vector<Op>(2))));
}

TEST_CASE("memory has room for one processor and its first blocks") {
    PhysicalMemory memory(64 * PAGE_SIZE);
    const std::span<u8> room = memory.takeRoom(100);
    if (EXECSCOPE_ASAN) {
        CHECK(room.empty());
        return;
    }
    REQUIRE(room.size() == 100);
    CHECK(reinterpret_cast<u64>(room.data()) % 64 == 0);
    CHECK(room.data() + room.size() <= memory.frame(0));
    CHECK(memory.takeRoom(u64{1} << 30).empty());
    CHECK(memory.keepRoom(u64{1} << 30).empty());
    const Cpu first(memory), second(memory), third(memory);      // on the heap, at last
    CHECK(memory.takeRoom(u64{512} << 10).empty());
}

TEST_CASE("room that is kept outlives the memory") {
    std::span<u8> kept;
    {
        PhysicalMemory memory(64 * PAGE_SIZE);
        kept = memory.keepRoom(4096);
        const std::span<u8> other = memory.keepRoom(64), taken = memory.takeRoom(64);
        if (EXECSCOPE_ASAN) {
            CHECK(kept.empty());
            return;
        }
        REQUIRE(kept.size() == 4096);
        CHECK(other.data() == kept.data() + kept.size());
        CHECK(taken.data() >= other.data() + other.size());
    }
    std::ranges::fill(kept, u8{1});
    CHECK(kept.back() == 1);
}
