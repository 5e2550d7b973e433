// Counts the page faults of each task in the trace on standard input, with the reader that execscope's own commands use.
#include "traces/reader.hpp"

#include <cstdio>
#include <iostream>
#include <map>

int main() {
    traces::Reader reader(std::cin);
    std::map<int, unsigned> faults;
    while (const auto event = reader.next()) {
        if (event->kind != traces::Kind::page_fault_user) continue;
        const unsigned number = ++faults[event->pid];
        if (const traces::Value* address = event->find("address"))
            std::printf("pid %d, fault %u: 0x%llx\n", event->pid, number, static_cast<unsigned long long>(address->number));
    }
    if (!reader.error()) return 0;
    std::fprintf(stderr, "line %llu: %s\n", static_cast<unsigned long long>(reader.error()->line), reader.error()->message.c_str());
    return 1;
}
