#include "emu/backtrace/backtrace.hpp"

#include "emu/backtrace/byte_reader.hpp"
#include "emu/backtrace/user_space.hpp"
#include "kernel_model/include/linux/sched.hpp"

namespace emu {

namespace {

FrameRegisters registersOf(const kernel::pt_regs& r) {
    return {r.ax, r.dx, r.cx, r.bx, r.si, r.di, r.bp, r.sp, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.ip};
}

// DWARF 5 §2.5: what compilers put into call frame information (PLT entries, signal frames). Nothing where it goes beyond.
class Expression {
public:
    Expression(const FrameRegisters& registers, const UserSpace& space) : registers_(registers), space_(space) {}
    std::optional<u64> evaluate(std::span<const u8> bytes, std::optional<u64> first = std::nullopt) {
        stack_.clear();
        if (first) stack_.push_back(*first);
        ByteReader in(bytes);
        for (int steps = 0; !in.atEnd(); ++steps)
            if (steps > 1000 || stack_.size() > 100 || !step(in.fixed<u8>(), in)) return std::nullopt;
        return in.ok() && !stack_.empty() ? std::optional(stack_.back()) : std::nullopt;
    }

private:
    bool push(u64 value) {
        stack_.push_back(value);
        return true;
    }
    std::optional<u64> pop() {
        if (stack_.empty()) return std::nullopt;
        const u64 top = stack_.back();
        stack_.pop_back();
        return top;
    }
    bool step(u8 op, ByteReader& in) {
        if (op >= 0x30 && op <= 0x4f) return push(op - 0x30u);      // lit0 to lit31
        if (op >= 0x70 && op <= 0x8f) {                             // breg0 to breg31
            const u64 reg = op - 0x70u;
            const i64 offset = in.sleb();
            return reg < registers_.size() && registers_[reg] && push(*registers_[reg] + static_cast<u64>(offset));
        }
        switch (op) {
            case 0x06: {                                            // deref
                const auto at = pop();
                const auto value = at ? space_.word(*at) : std::nullopt;
                return value && push(*value);
            }
            case 0x08: return push(in.fixed<u8>());                 // const1u, 1s, 2u, 2s, 4u, 4s, 8u
            case 0x09: return push(static_cast<u64>(i64{in.fixed<i8>()}));
            case 0x0a: return push(in.fixed<u16>());
            case 0x0b: return push(static_cast<u64>(i64{in.fixed<i16>()}));
            case 0x0c: return push(in.fixed<u32>());
            case 0x0d: return push(static_cast<u64>(i64{in.fixed<i32>()}));
            case 0x0e: return push(in.fixed<u64>());
            case 0x12: return !stack_.empty() && push(stack_.back());       // dup
            case 0x23: {                                            // plus_uconst
                const auto a = pop();
                return a && push(*a + in.uleb());
            }
            default: return binary(op);
        }
    }
    bool binary(u8 op) {
        const auto b = pop(), a = pop();
        if (!a || !b) return false;
        switch (op) {
            case 0x1a: return push(*a & *b);
            case 0x1c: return push(*a - *b);
            case 0x1e: return push(*a * *b);
            case 0x21: return push(*a | *b);
            case 0x22: return push(*a + *b);
            case 0x24: return push(*b < 64 ? *a << *b : 0);
            case 0x25: return push(*b < 64 ? *a >> *b : 0);
            case 0x2a: return push(static_cast<i64>(*a) >= static_cast<i64>(*b));
            default: return false;
        }
    }

    const FrameRegisters& registers_;
    const UserSpace& space_;
    std::vector<u64> stack_;
};

class Unwinder {
public:
    explicit Unwinder(const kernel::task_struct* task)
        : space_(task->mm.get()), registers_(registersOf(task->regs)) {}
    Backtrace unwind();

private:
    u64 pc() const { return *registers_[DWARF_RIP]; }
    BacktraceFrame here(FoundBy found_by);
    // False: nobody called this one, as far as can be seen.
    bool toCaller(FoundBy& how);
    std::optional<bool> byTable(u64 looked_up);     // nothing: the table does not know
    bool byFramePointer();
    std::optional<u64> callersValue(const RegisterRule& rule, unsigned reg, u64 cfa);

    UserSpace space_;
    FrameRegisters registers_;
    u64 work_ = u64{4} << 20;       // for all frames together: hostile tables could take hours
    bool exact_ = true;             // pc is an instruction, not what follows a call
};

BacktraceFrame Unwinder::here(FoundBy found_by) {
    BacktraceFrame frame;
    frame.address = pc();
    frame.found_by = found_by;
    if (const Module* module = space_.moduleAt(pc())) {
        frame.module = module->path;
        frame.module_offset = pc() - module->bias;
        frame.symbol = UserSpace::symbolAt(*module, pc() - (exact_ ? 0 : 1), frame.symbol_offset);
        if (!frame.symbol.empty() && !exact_) ++frame.symbol_offset;
    }
    return frame;
}

std::optional<u64> Unwinder::callersValue(const RegisterRule& rule, unsigned reg, u64 cfa) {
    using Kind = RegisterRule::Kind;
    Expression expression(registers_, space_);
    switch (rule.kind) {
        case Kind::same: return registers_[reg];
        case Kind::undefined: return std::nullopt;
        case Kind::offset: return space_.word(cfa + static_cast<u64>(rule.offset));
        case Kind::value_offset: return cfa + static_cast<u64>(rule.offset);
        case Kind::in_register: return rule.reg < registers_.size() ? registers_[rule.reg] : std::nullopt;
        case Kind::expression: {
            const auto at = expression.evaluate(rule.expression, cfa);
            return at ? space_.word(*at) : std::nullopt;
        }
        case Kind::value_expression: return expression.evaluate(rule.expression, cfa);
    }
    return std::nullopt;
}

std::optional<bool> Unwinder::byTable(u64 looked_up) {
    const Module* module = space_.moduleAt(looked_up);
    if (!module || module->eh_frame.empty()) return std::nullopt;
    const auto row = frameRowAt(module->eh_frame, module->eh_frame_address, looked_up, work_);
    if (!row) return std::nullopt;
    std::optional<u64> cfa;
    if (!row->cfa_expression.empty()) cfa = Expression(registers_, space_).evaluate(row->cfa_expression);
    else if (row->cfa_register < registers_.size() && registers_[row->cfa_register])
        cfa = *registers_[row->cfa_register] + static_cast<u64>(row->cfa_offset);
    if (!cfa) return false;
    FrameRegisters caller;
    for (unsigned reg = 0; reg < caller.size(); ++reg) caller[reg] = callersValue(row->rules[reg], reg, *cfa);
    if (row->rules[DWARF_RSP].kind == RegisterRule::Kind::same) caller[DWARF_RSP] = cfa;
    if (row->rules[DWARF_RIP].kind == RegisterRule::Kind::same) caller[DWARF_RIP].reset();
    const bool deeper = caller[DWARF_RSP] && registers_[DWARF_RSP] && (*caller[DWARF_RSP] > *registers_[DWARF_RSP] || row->signal_frame);
    if (!caller[DWARF_RIP] || *caller[DWARF_RIP] == 0 || !deeper) return false;
    registers_ = caller;
    exact_ = row->signal_frame;     // below a signal frame lies the instruction that was interrupted
    return true;
}

bool Unwinder::byFramePointer() {
    const auto frame = registers_[DWARF_RBP], stack = registers_[DWARF_RSP];
    if (!frame || !stack || *frame < *stack || *frame % 8) return false;
    const auto saved = space_.word(*frame), back = space_.word(*frame + 8);
    if (!saved || !back || !space_.executable(*back)) return false;
    FrameRegisters caller;
    caller[DWARF_RBP] = saved;
    caller[DWARF_RIP] = back;
    caller[DWARF_RSP] = *frame + 16;
    registers_ = caller;
    exact_ = false;
    return true;
}

bool Unwinder::toCaller(FoundBy& how) {
    if (!space_.executable(pc())) {         // a call to no code: what it pushed is on top
        const auto back = how == FoundBy::registers ? space_.word(*registers_[DWARF_RSP]) : std::nullopt;
        if (!back || !space_.executable(*back)) return false;
        how = FoundBy::top_of_stack;
        registers_[DWARF_RIP] = back;
        registers_[DWARF_RSP] = *registers_[DWARF_RSP] + 8;
        exact_ = false;
        return true;
    }
    how = FoundBy::eh_frame;
    if (const auto found = byTable(pc() - (exact_ ? 0 : 1))) return *found;
    how = FoundBy::frame_pointer;
    return byFramePointer();
}

Backtrace Unwinder::unwind() {
    Backtrace trace;
    FoundBy how = FoundBy::registers;
    do {
        if (trace.frames.size() == MOST_FRAMES) {
            trace.cut = true;
            break;
        }
        trace.frames.push_back(here(how));
    } while (toCaller(how));
    return trace;
}

}  // namespace

Backtrace backtraceOf(const kernel::task_struct* task) {
    if (!task->mm.get()) return {};
    return Unwinder(task).unwind();
}

}  // namespace emu
