#include "kernel_model/arch/x86/kernel/ptrace.hpp"

#include "cpu/cpuid.hpp"
#include "cpu/xstate.hpp"
#include "kernel_model/include/machine.hpp"

#include <cstring>

namespace kernel {

static const cpu::Registers& userState(const task_struct* target) {
    return target == current ? processor().registers() : target->thread.user;
}

user_regs_struct genregs_get(const task_struct* target) {
    user_regs_struct all{};
    std::memcpy(&all, &target->regs, sizeof target->regs);
    const cpu::Registers& user = userState(target);
    all.fs_base = user.fs_base;
    all.gs_base = user.gs_base;
    all.ds = user.ds;
    all.es = user.es;
    all.fs = user.fs;
    all.gs = user.gs;
    return all;
}

static void storeLegacy(const cpu::Registers& from, u8* area) {
    cpu::storeX87(from.x87, cpu::Pointers::wide, area);
    cpu::storeMxcsrAt(from.mxcsr, area);
    cpu::storeXmm(from, area);
}

std::array<u8, 512> xfpregs_get(const task_struct* target) {
    std::array<u8, 512> area{};
    storeLegacy(userState(target), area.data());
    return area;
}

// FXSAVE's bytes for software begin with XCR0: from it a debugger knows which components there are.
std::vector<u8> xstateregs_get(const task_struct* target) {
    constexpr u32 SOFTWARE_AT = 464;
    const cpu::ProcessorModel& model = processor().model();
    if (!cpu::has(model, "xsave")) return {};
    const u64 xcr0 = cpu::xcr0Of(model);
    const cpu::Registers& user = userState(target);
    std::vector<u8> area(cpu::xsaveBytes(xcr0));
    storeLegacy(user, area.data());
    std::memcpy(area.data() + SOFTWARE_AT, &xcr0, sizeof xcr0);
    cpu::XsaveHeader header{};
    header.xstate_bv = cpu::stateInUse(user);
    std::memcpy(area.data() + cpu::XSAVE_HEADER_AT, &header, sizeof header);
    cpu::storeYmm(user, area.data() + cpu::XSAVE_YMM_AT);
    if (xcr0 & cpu::XSTATE_PKRU) cpu::storePkru(user, area.data() + cpu::XSAVE_PKRU_AT);
    return area;
}

}  // namespace kernel
