// Runs a static program that makes no system call but exit on the bare processor: cpu_bench PROGRAM [ARG...]. Prints
// instructions, seconds and MIPS; exits with the program's status.
#include "cpu/cpu.hpp"

#include <elf.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

constexpr u64 STACK_TOP = 0x7fff'0000'0000, STACK_PAGES = 256;

class Bench {
public:
    Bench() { processor.loadCr3(allocate() << cpu::PAGE_SHIFT); }
    u8* byte(u64 address) {
        u64 pfn = cpu::frameOf(processor.cr3());
        for (unsigned level = 4; level-- > 0;) {
            u64& entry = reinterpret_cast<u64*>(memory.frame(pfn))[cpu::pageTableIndex(address, level)];
            if (!entry) entry = allocate() << cpu::PAGE_SHIFT | cpu::PTE_PRESENT | cpu::PTE_WRITE | cpu::PTE_USER;
            pfn = cpu::frameOf(entry);
        }
        return memory.frame(pfn) + address % cpu::PAGE_SIZE;
    }
    void put(u64 address, const void* from, u64 size) {
        for (u64 i = 0; i < size; ++i) *byte(address + i) = static_cast<const u8*>(from)[i];
    }
    void load(const std::vector<char>& file) {
        Elf64_Ehdr header;
        std::memcpy(&header, file.data(), sizeof header);
        for (unsigned i = 0; i < header.e_phnum; ++i) {
            Elf64_Phdr segment;
            std::memcpy(&segment, file.data() + header.e_phoff + i * sizeof segment, sizeof segment);
            if (segment.p_type != PT_LOAD) continue;
            for (u64 at = 0; at < segment.p_memsz; at += cpu::PAGE_SIZE) byte(segment.p_vaddr + at);
            byte(segment.p_vaddr + segment.p_memsz - 1);
            put(segment.p_vaddr, file.data() + segment.p_offset, segment.p_filesz);
        }
        processor.registers().rip = header.e_entry;
    }
    void arguments(int count, char** values) {
        for (u64 page = 1; page <= STACK_PAGES; ++page) byte(STACK_TOP - page * cpu::PAGE_SIZE);
        std::vector<u64> words{static_cast<u64>(count)};
        u64 at = STACK_TOP - 4096;
        for (int i = 0; i < count; ++i) {
            put(at, values[i], std::strlen(values[i]) + 1);
            words.push_back(at);
            at += std::strlen(values[i]) + 1;
        }
        words.insert(words.end(), 4, 0);
        put(STACK_TOP - 8192, words.data(), words.size() * 8);
        processor.registers().gpr[cpu::RSP] = STACK_TOP - 8192;
    }

    cpu::PhysicalMemory memory{u64{256} << 20};
    cpu::Cpu processor{memory};

private:
    u64 allocate() { return next_++; }
    u64 next_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    std::ifstream in(argv[1], std::ios::binary);
    const std::vector<char> file{std::istreambuf_iterator<char>(in), {}};
    Bench bench;
    bench.load(file);
    bench.arguments(argc - 1, argv + 1);
    const auto start = std::chrono::steady_clock::now();
    const cpu::Trap trap = bench.processor.run(~u64{0});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double count = static_cast<double>(bench.processor.instructions());
    std::printf("%.0f instructions, %.3f s, %.0f MIPS\n", count, seconds, count / seconds / 1e6);
    if (trap.kind == cpu::Trap::Kind::syscall) return static_cast<int>(bench.processor.registers().gpr[cpu::RDI]);
    std::printf("trap %d vector %d unsupported %d at %llx\n", static_cast<int>(trap.kind), trap.vector, trap.unsupported,
                static_cast<unsigned long long>(bench.processor.registers().rip));
    return 1;
}
