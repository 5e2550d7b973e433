// What is asked for and not there (Linux kernel/sys_ni.c answers ENOSYS), and the record of it.
#include "kernel_model/arch/x86/kernel/entry.hpp"
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/mm.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/machine.hpp"

#include <cstdlib>

namespace kernel {

constexpr std::size_t MAX_RECORDS = 1000;       // a guest can make up as many instructions as it likes

static std::vector<UnsupportedRecord>& records() {
    static auto& all = *new std::vector<UnsupportedRecord>;
    return all;
}
const std::vector<UnsupportedRecord>& unsupportedRecords() { return records(); }

static void traceUnsupported(const UnsupportedRecord& r) {
    using traces::Value;
    std::vector<traces::Attr> attrs{{"what", Value::text(r.what)}, {"name", Value::text(r.name)}};
    if (r.what == "syscall") attrs.push_back({"number", Value::count(std::atoll(r.detail.c_str()))});
    if (r.what == "instruction") attrs.push_back({"bytes", Value::text(r.detail)});
    attrs.push_back({"address", Value::hex(r.address)});
    attrs.push_back({"consequence", Value::text(r.consequence)});
    traces::tracer().emit(traces::Kind::unsupported, std::move(attrs));
}

void unsupported(const char* what, const std::string& name, const std::string& detail, u64 address,
                 const std::string& consequence) {
    const UnsupportedRecord fresh{what, name, detail, address, 1, consequence};
    if (traces::tracer().on(traces::Kind::unsupported)) traceUnsupported(fresh);
    for (UnsupportedRecord& r : records()) {
        if (r.what != what || r.name != name || r.detail != detail) continue;
        ++r.count;
        return;
    }
    if (records().size() < MAX_RECORDS) records().push_back(fresh);
}

// Three things are kept apart: a number that v3.10 does not have, or answers with ENOSYS itself, is just ENOSYS; a call
// that it has and we lack is recorded.
long noSyscall(u64 number) {
    if (const char* name = syscallNameOfLinux(number); name && inProfile(number))
        unsupported("syscall", name, std::to_string(number), current_pt_regs()->ip - 2, "ENOSYS");
    return -ENOSYS;
}

void noteUnsupportedInstruction(u64 address) {
    std::vector<u8> bytes;
    for (u64 a = address; bytes.size() < 15; ++a) {
        const u8* byte = processor().userByte(a, cpu::Access::execute);
        if (!byte && fault_in_user_byte(a, false)) byte = processor().userByte(a, cpu::Access::read);
        if (!byte) break;
        bytes.push_back(*byte);
    }
    const std::string text = cpu::Cpu::disassemble(bytes, address);
    unsupported("instruction", text, traces::Value::bytes(bytes.data(), bytes.size()).string, address, "SIGILL");
}

}  // namespace kernel
