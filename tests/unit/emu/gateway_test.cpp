#include "emu/host_gateway.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fcntl.h>
#include <fstream>
#include <pty.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

// A fresh directory with shown/, hidden/secret and shown/out -> ../hidden.
struct Tree {
    Tree() {
        char pattern[] = "/tmp/execscope-gateway-XXXXXX";
        top = fs::canonical(::mkdtemp(pattern));
        fs::create_directories(top / "shown/deep");
        fs::create_directory(top / "hidden");
        std::ofstream(top / "hidden/secret") << "secret";
        std::ofstream(top / "shown/deep/file") << "0123456789";
        fs::create_symlink("../hidden", top / "shown/out");
        fs::create_symlink("deep/file", top / "shown/link");
    }
    ~Tree() { fs::remove_all(top); }
    std::string operator()(const char* below) const { return (top / below).string(); }
    fs::path top;
};

struct TestGateway : emu::Gateway {
    TestGateway(const Tree& tree, bool writable) : emu::Gateway(emu::GuestOutput::standardOutput) { allow(tree("shown"), writable); }
};

}  // namespace

TEST_CASE("the gateway reads below what was allowed and nothing else") {
    const Tree tree;
    TestGateway gateway(tree, false);
    std::vector<u8> bytes(4);
    CHECK(gateway.pread(tree("shown/deep/file"), 3, bytes) == 4);
    CHECK(std::string(bytes.begin(), bytes.end()) == "3456");
    CHECK(gateway.pread(tree("shown/deep/file"), 8, bytes) == 2);
    kernel::HostStat stat{};
    CHECK(gateway.stat(tree("hidden/secret"), stat) == -EACCES);
    CHECK(gateway.stat("/etc/passwd", stat) == -EACCES);
    CHECK(gateway.stat(tree("shown/../hidden/secret"), stat) < 0);
    CHECK(gateway.stat(tree("shown/deep/none"), stat) == -ENOENT);
}

TEST_CASE("the gateway shows a symlink and never follows it") {
    const Tree tree;
    TestGateway gateway(tree, false);
    kernel::HostStat stat{};
    REQUIRE(gateway.stat(tree("shown/out"), stat) == 0);
    CHECK(S_ISLNK(stat.mode));
    std::string target;
    CHECK(gateway.readlink(tree("shown/out"), target) == 0);
    CHECK(target == "../hidden");
    std::vector<u8> bytes(4);
    CHECK(gateway.pread(tree("shown/out/secret"), 0, bytes) == -ELOOP);
    CHECK(gateway.pread(tree("shown/link"), 0, bytes) == -ELOOP);
}

TEST_CASE("directories are listed in order") {
    const Tree tree;
    TestGateway gateway(tree, false);
    std::vector<std::string> names;
    CHECK(gateway.list(tree("shown"), names) == 0);
    CHECK(names == std::vector<std::string>{"deep", "link", "out"});
}

TEST_CASE("only a writable grant is written to") {
    const Tree tree;
    const std::vector<u8> bytes = {'a', 'b'};
    TestGateway reader(tree, false);
    CHECK(reader.pwrite(tree("shown/deep/file"), 0, bytes) == -EROFS);
    CHECK(reader.create(tree("shown/new"), S_IFREG | 0644) == -EROFS);
    CHECK(reader.remove(tree("shown/deep/file")) == -EROFS);

    TestGateway writer(tree, true);
    CHECK(writer.create(tree("shown/new"), S_IFREG | 0644) == 0);
    CHECK(writer.create(tree("shown/new"), S_IFREG | 0644) == -EEXIST);
    CHECK(writer.pwrite(tree("shown/new"), 1, bytes) == 2);
    CHECK(writer.truncate(tree("shown/new"), 2) == 0);
    CHECK(writer.rename(tree("shown/new"), tree("shown/deep/moved")) == 0);
    CHECK(fs::file_size(tree.top / "shown/deep/moved") == 2);
    CHECK(writer.create(tree("shown/out/x"), S_IFREG | 0644) < 0);
    CHECK(writer.remove(tree("shown/deep/moved")) == 0);
    CHECK_FALSE(fs::exists(tree.top / "hidden/x"));
}

TEST_CASE("what is held stays itself when its name goes or leads elsewhere") {
    const Tree tree;
    const std::vector<u8> bytes = {'a', 'b'};
    TestGateway gateway(tree, true);
    const int held = gateway.hold(tree("shown/deep/file"), true);
    REQUIRE(held >= 0);
    REQUIRE(gateway.remove(tree("shown/deep/file")) == 0);
    REQUIRE(gateway.create(tree("shown/deep/file"), S_IFREG | 0644) == 0);
    CHECK(gateway.pwriteHeld(held, 1, bytes) == 2);
    CHECK(gateway.truncateHeld(held, 4) == 0);
    std::vector<u8> read(10);
    CHECK(gateway.preadHeld(held, 0, read) == 4);
    CHECK(std::string(read.begin(), read.begin() + 4) == "0ab3");
    CHECK(fs::file_size(tree.top / "shown/deep/file") == 0);
    gateway.letGo(held);
    REQUIRE(gateway.pread(tree("shown/deep/file"), 0, read) == 0);
    REQUIRE(gateway.rename(tree("shown/deep"), tree("shown/elsewhere")) == 0);
    CHECK(gateway.pread(tree("shown/deep/file"), 0, read) == -ENOENT);
}

TEST_CASE("only regular files below what was allowed are held") {
    const Tree tree;
    TestGateway reader(tree, false);
    CHECK(reader.hold(tree("shown/deep/file"), true) == -EROFS);
    TestGateway gateway(tree, true);
    REQUIRE(::mkfifo(tree("shown/fifo").c_str(), 0600) == 0);
    CHECK(gateway.hold(tree("shown/deep"), false) == -ENXIO);
    CHECK(gateway.hold(tree("shown/fifo"), true) == -ENXIO);
    CHECK(gateway.hold(tree("shown/link"), true) == -ELOOP);
    CHECK(gateway.hold(tree("shown/out/secret"), true) == -ELOOP);
    CHECK(gateway.hold(tree("shown/../hidden/secret"), true) == -EACCES);
    CHECK(gateway.hold(tree("shown/none"), true) == -ENOENT);
    REQUIRE(fs::remove(tree.top / "shown/deep/file"));
    fs::create_symlink("../../hidden/secret", tree.top / "shown/deep/file");
    CHECK(gateway.hold(tree("shown/deep/file"), true) == -ELOOP);
}

namespace {

// Standard input, output and error are these descriptors as long as this lives.
class Streams {
public:
    explicit Streams(std::array<int, 3> now) {
        for (int stream = 0; stream < 3; ++stream) {
            saved_[static_cast<std::size_t>(stream)] = ::dup(stream);
            ::dup2(now[static_cast<std::size_t>(stream)], stream);
        }
    }
    ~Streams() {
        for (int stream = 0; stream < 3; ++stream) {
            ::dup2(saved_[static_cast<std::size_t>(stream)], stream);
            ::close(saved_[static_cast<std::size_t>(stream)]);
        }
    }
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

private:
    std::array<int, 3> saved_{};
};

struct Seen {
    int stream;
    bool there;
};

Seen terminalOf(std::array<int, 3> streams, emu::GuestOutput output) {
    const Streams now(streams);
    emu::Gateway gateway(output);
    gateway.beginTerminal();
    const Seen seen{gateway.screens().first(), gateway.terminal() != nullptr};
    gateway.endTerminal();
    return seen;
}

}  // namespace

TEST_CASE("the terminal that is taken is one of the guest's streams") {
    int keyboard = -1, screen = -1;
    REQUIRE(::openpty(&keyboard, &screen, nullptr, nullptr, nullptr) == 0);
    const emu::Descriptor master(keyboard), slave(screen), null(::open("/dev/null", O_RDWR));
    const std::array<int, 3> only_output = {null.get(), screen, null.get()};
    const Seen plain = terminalOf(only_output, emu::GuestOutput::standardOutput);
    CHECK(plain.stream == 1);
    CHECK(plain.there);
    const Seen with_trace = terminalOf(only_output, emu::GuestOutput::standardError);
    CHECK(with_trace.stream == -1);
    CHECK_FALSE(with_trace.there);
    CHECK(terminalOf({null.get(), null.get(), screen}, emu::GuestOutput::standardError).stream == 1);
}
