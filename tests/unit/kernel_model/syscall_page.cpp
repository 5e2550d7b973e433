// docs/coverage/syscalls.md is made from the table of system calls. EXECSCOPE_WRITE_PAGES=1 test_kernel_model '[pages]' writes it anew.
#include "kernel_model/arch/x86/syscalls/names.hpp"
#include "kernel_model/include/linux/syscalls.hpp"
#include "kernel_model/include/version/version.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

using namespace kernel;

namespace {

constexpr const char* HEAD =
    "# System calls\n"
    "\n"
    "Made from the table `kernel_model/arch/x86/syscalls/syscall_64.tbl` for profile v6.1; v3.10 has those that say 3.10 (3.10 or\n"
    "earlier). A call that is absent gives ENOSYS and says so aloud; so does a partial one that is asked for what is missing, with the\n"
    "errno that stands here. `execscope survey PROGRAM` shows which of them a program uses.\n";

std::string page() {
    using Extent = SyscallCoverage::Extent;
    std::ostringstream rows;
    int full = 0, partial = 0, absent = 0;
    for (const SyscallCoverage& call : syscallCoverage()) {
        if (call.extent == Extent::none) continue;
        full += call.extent == Extent::full;
        partial += call.extent == Extent::partial;
        absent += call.extent == Extent::absent;
        rows << "| " << call.number << " | " << call.name << " | " << call.since << " | ";
        if (call.extent == Extent::partial) rows << "partial: " << call.missing << " |\n";
        else rows << (call.extent == Extent::full ? "full" : "**absent**") << " |\n";
    }
    std::ostringstream out;
    out << HEAD << "\n"
        << full << " full, " << partial << " partial, " << absent << " absent.\n\n| number | name | since | extent |\n|---:|---|---|---|\n"
        << rows.str();
    out << "\nLinux itself answers ENOSYS for these, and so do we: ";
    const char* separator = "";
    for (const SyscallCoverage& call : syscallCoverage()) {
        if (call.extent != Extent::none) continue;
        out << separator << call.name;
        separator = ", ";
    }
    out << ".\n";
    return out.str();
}

std::string read(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

struct InVersion {
    explicit InVersion(const char* profile) { setVersion(*findVersion(profile)); }
    ~InVersion() { setVersion(*findVersion("v3.10")); }
};

}  // namespace

TEST_CASE("the page of system calls is that of the table", "[pages]") {
    const InVersion v("v6.1");
    const std::string path = EXECSCOPE_SOURCE_DIR "/docs/coverage/syscalls.md";
    if (std::getenv("EXECSCOPE_WRITE_PAGES")) std::ofstream(path) << page();
    CHECK(read(path) == page());
}

TEST_CASE("what is missing of a call is said of calls that are there", "[pages]") {
    const InVersion v("v6.1");
    std::set<std::string> names;
    for (const SyscallCoverage& call : syscallCoverage()) {
        INFO(call.name);
        CHECK(names.insert(call.name).second);
        CHECK((call.extent == SyscallCoverage::Extent::partial) == !call.missing.empty());
        CHECK((syscallByNumber(call.number) != nullptr) ==
              (call.extent == SyscallCoverage::Extent::full || call.extent == SyscallCoverage::Extent::partial));
    }
    CHECK(coverageOf(101).extent == SyscallCoverage::Extent::partial);
    CHECK(coverageOf(0).extent == SyscallCoverage::Extent::full);
    CHECK(coverageOf(248).extent == SyscallCoverage::Extent::absent);       // add_key
    CHECK(coverageOf(174).extent == SyscallCoverage::Extent::none);         // create_module
}

TEST_CASE("versions of Linux and their calls", "[pages]") {
    CHECK(std::string(syscallSince(0)) == "3.10");
    CHECK(std::string(syscallSince(313)) == "3.10");
    CHECK(std::string(syscallSince(332)) == "4.11");        // statx(2)
    CHECK(std::string(syscallSince(435)) == "5.3");         // clone3 in clone(2)
    CHECK(std::string(syscallSince(450)) == "5.17");
    CHECK(syscallCoverage().back().number == 313);          // v3.10
}
