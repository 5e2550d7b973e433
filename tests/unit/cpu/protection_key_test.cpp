// Protection keys (SDM Vol. 3 §4.6.2, §4.7; Vol. 1 §13.4, §13.6): what PKRU refuses, and PKRU in XSAVE's formats against this processor.
#include "cpu/cpuid.hpp"
#include "cpu/xstate.hpp"
#include "tests/unit/cpu/machine.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace cpu;

namespace {

constexpr u32 ALL = 0x55555554;

struct Keyed : Machine {
    explicit Keyed(const std::vector<u8>& code) : Machine(code) {
        ProcessorModel model;
        setFeature(model, "pku", true);
        processor.setModel(model);
        processor.setProtectionKeys(true);
    }
    void setKey(u64 address, u64 key) {
        *entry(address) |= key << PTE_KEY_SHIFT;
        processor.invalidatePage(address);
    }
};

struct alignas(64) Image : std::array<u8, 4096> {};

bool onThisProcessor() {
    u32 eax = 7, ebx, ecx = 0, edx;
    if (!missingOnHost(Level::v3).empty()) return false;
    asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (!(ecx >> 4 & 1)) return false;      // OSPKE
    eax = 0xd, ecx = 9;
    asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return eax == XSAVE_PKRU_BYTES && ebx == XSAVE_PKRU_AT && !ecx;
}

// With that PKRU and YMM in its initial state; PKRU is put back.
#define SAVE(instruction)                                                                                         \
    [](Image& image, u32 pkru, u32 mask) {                                                                        \
        u32 old, high;                                                                                            \
        asm volatile("rdpkru" : "=a"(old), "=d"(high) : "c"(0));                                                  \
        asm volatile("vzeroall\n mov %2, %%eax\n xor %%ecx, %%ecx\n xor %%edx, %%edx\n wrpkru\n mov %1, %%eax\n " \
                     instruction " (%0)\n mov %3, %%eax\n wrpkru"                                                 \
                     : : "r"(image.data()), "r"(mask), "r"(pkru), "r"(old) : "rax", "rcx", "rdx", "memory",       \
                       "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",   \
                       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");                                              \
    }
struct Form {
    const char* name;
    std::vector<u8> code;       // on [rdi]
    void (*native)(Image&, u32 pkru, u32 mask);
};
const Form FORMS[] = {{"xsave64", {0x48, 0x0f, 0xae, 0x27}, SAVE("xsave64")},
                      {"xsavec64", {0x48, 0x0f, 0xc7, 0x27}, SAVE("xsavec64")},
                      {"xsaveopt64", {0x48, 0x0f, 0xae, 0x37}, SAVE("xsaveopt64")}};

u32 restoredNatively(const Image& image) {
    u32 old, high, got;
    asm volatile("rdpkru" : "=a"(old), "=d"(high) : "c"(0));
    asm volatile("mov $0x200, %%eax\n xor %%edx, %%edx\n xrstor64 (%1)\n xor %%ecx, %%ecx\n rdpkru\n mov %%eax, %0\n mov %2, %%eax\n wrpkru"
                 : "=&r"(got) : "r"(image.data()), "r"(old) : "rax", "rcx", "rdx", "memory");
    return got;
}

}  // namespace

TEST_CASE("RDPKRU and WRPKRU want their registers clear") {
    Keyed m({0x0f, 0x01, 0xef, 0x0f, 0x01, 0xee});
    m.reg(RAX) = 0xffff'ffff'1234'5670;
    m.reg(RCX) = m.reg(RDX) = u64{1} << 32;
    CHECK(m.run(1).kind == Trap::Kind::limit);
    CHECK(m.registers().pkru == 0x1234'5670);
    CHECK(m.run(1).kind == Trap::Kind::limit);
    CHECK(m.reg(RAX) == 0x1234'5670);
    CHECK(m.reg(RDX) == 0);
    for (const Register wrong : {RCX, RDX}) {
        Keyed refused({0x0f, 0x01, 0xef});
        refused.reg(wrong) = 1;
        CHECK(refused.run(1).vector == VECTOR_GP);
        CHECK(refused.registers().pkru == 0);
    }
    Keyed read({0x0f, 0x01, 0xee});
    read.reg(RCX) = 1;
    CHECK(read.run(1).vector == VECTOR_GP);
}

TEST_CASE("without CR4.PKE there are no keys") {
    Keyed m({0x0f, 0x01, 0xee});
    CHECK(cpuidLeaf(m.processor.model(), 7, 0).ecx >> 3 & 1);
    CHECK(cpuidLeaf(m.processor.model(), 7, 0).ecx >> 4 & 1);
    CHECK(cpuidLeaf(m.processor.model(), 0xd, 0).ebx == 2696);
    m.processor.setProtectionKeys(false);
    CHECK(m.run(1).vector == VECTOR_UD);
    CHECK(cpuidLeaf(m.processor.model(), 7, 0).ecx >> 3 & 1);
    CHECK(!(cpuidLeaf(m.processor.model(), 7, 0).ecx >> 4 & 1));
    CHECK(cpuidLeaf(m.processor.model(), 0xd, 0).ebx == 832);
    CHECK(cpuidLeaf(m.processor.model(), 0xd, 0).ecx == 2696);
    Machine plain({0x0f, 0x01, 0xee});
    plain.processor.setProtectionKeys(true);
    CHECK(plain.run(1).vector == VECTOR_UD);
    CHECK(cpuidLeaf(plain.processor.model(), 0xd, 9).eax == 0);
}

TEST_CASE("PKRU refuses data by the key of its page, at once") {
    // mov [rbx], al; wrpkru; mov [rbx], al
    for (const bool write : {true, false}) {
        const u8 move = write ? 0x88 : 0x8a;
        Keyed m({move, 0x03, 0x0f, 0x01, 0xef, move, 0x03});
        m.setKey(Machine::DATA, 5);
        m.reg(RBX) = Machine::DATA + 8;
        CHECK(m.run(1).kind == Trap::Kind::limit);
        m.reg(RAX) = 2u << 10;              // no writes to key 5
        const Trap trap = m.run(2);
        CHECK((trap.kind == Trap::Kind::exception) == write);
        if (write) {
            CHECK(trap.error_code == (PF_PRESENT | PF_USER | PF_WRITE | PF_PROTECTION_KEY));
            CHECK(trap.address == Machine::DATA + 8);
        }
        m.registers().rip = Machine::CODE;
        m.registers().pkru = 1u << 10;      // as the kernel changes it
        const u32 expected = PF_PRESENT | PF_USER | PF_PROTECTION_KEY | (write ? PF_WRITE : 0);
        CHECK(m.run(1).error_code == expected);
        m.registers().pkru = 0;
        CHECK(m.run(1).kind == Trap::Kind::limit);
    }
}

TEST_CASE("PKRU never refuses code") {
    Keyed m({0x90});
    m.setKey(Machine::CODE, 3);
    m.registers().pkru = ~0u;
    CHECK(m.run(1).kind == Trap::Kind::limit);
}

TEST_CASE("XSAVE and XRSTOR treat PKRU as this processor does") {
    if (!onThisProcessor()) {
        WARN("skipped: this processor has no protection keys, or PKRU at another place");
        return;
    }
    for (const Form& form : FORMS)
        for (const u32 mask : {0x200u, 0x204u})
            for (const u32 pkru :
                 {ALL, 0x1234'5670u}) {    // whether 0, the initial state, is in use is up to the processor (SDM Vol. 1 §13.6)
                Image native;
                native.fill(0xaa);
                std::fill(native.begin() + XSAVE_HEADER_AT, native.begin() + XSAVE_YMM_AT, u8{0});
                Keyed m(form.code);
                std::memcpy(m.at(Machine::DATA), native.data(), native.size());
                form.native(native, pkru, mask);
                m.registers().pkru = pkru;
                m.registers().mxcsr = __builtin_ia32_stmxcsr();
                m.reg(RDI) = Machine::DATA;
                m.reg(RAX) = mask;
                CHECK(m.run(1).kind == Trap::Kind::limit);
                unsigned differs = 0;
                while (differs < native.size() && *m.at(Machine::DATA + differs) == native[differs]) ++differs;
                INFO(form.name << " mask " << mask << " PKRU " << pkru << " differs at " << differs);
                CHECK(differs == native.size());
                Keyed back({0x48, 0x0f, 0xae, 0x2e});       // xrstor64 [rsi]
                std::memcpy(back.at(Machine::DATA), native.data(), native.size());
                back.registers().pkru = 0x10;
                back.reg(RSI) = Machine::DATA;
                back.reg(RAX) = 0x200;
                CHECK(back.run(1).kind == Trap::Kind::limit);
                CHECK(back.registers().pkru == restoredNatively(native));
            }
}

TEST_CASE("a processor is named by its level and what was added") {
    CHECK(modelName(*parseModel("v3+pku").model) == "x86-64-v3+pku");
    CHECK(modelName(*parseModel("x86-64-v1").model) == "x86-64-v1");
    CHECK(modelSyntax() == "v1|v2|v3[+pku]");
    for (const char* wrong : {"", "v4", "v3+", "v3+pku+", "v3+avx", "v3+ospke", "v1+pku", "86-64-v3"}) {
        INFO(wrong);
        CHECK(!parseModel(wrong).model);
        CHECK(!parseModel(wrong).error.empty());
    }
}
