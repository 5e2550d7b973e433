// The one door between the guest and the host: files below what the user gave, and the three standard streams.
#pragma once

#include "emu/host_disk.hpp"
#include "emu/host_terminal.hpp"
#include "kernel_model/include/host_files.hpp"
#include "kernel_model/include/machine.hpp"

#include <cerrno>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace emu {

class InputReplay;

// A result of a system call, or -errno.
inline int orErrno(int result) { return result < 0 ? -errno : result; }

// A host descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();
    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

private:
    int fd_;
};

// Where the guest's standard output goes; `trace -o -` moves it to standard error so that the trace has stdout alone.
enum class GuestOutput : u8 { standardOutput, standardError };

class Gateway : public kernel::HostGateway, public kernel::HostFiles {
public:
    explicit Gateway(GuestOutput output);

    // Makes a host file or directory reachable. `path` is absolute and has no symlinks in it (realpath(3)).
    // Nothing outside an allowed path is ever opened, and a symlink below one is never followed.
    void allow(const std::string& path, bool writable);

    // What the guest may add to the host's disk below writable paths, in bytes; ENOSPC beyond.
    void limitDisk(u64 bytes) { disk_ = HostDisk(bytes); }

    int stat(const std::string& path, kernel::HostStat&) override;
    int list(const std::string& directory, std::vector<std::string>& names) override;
    int readlink(const std::string& path, std::string& target) override;
    long pread(const std::string& path, u64 offset, std::span<u8> to) override;
    long preadv(const std::string& path, u64 offset, std::span<const std::span<u8>> to) override;
    long pwrite(const std::string& path, u64 offset, std::span<const u8> from) override;
    int create(const std::string& path, kernel::umode_t mode) override;
    int truncate(const std::string& path, u64 size) override;
    int remove(const std::string& path) override;
    int hold(const std::string& path, bool writable) override;
    void letGo(int handle) override;
    long preadHeld(int handle, u64 offset, std::span<u8> to) override;
    long pwriteHeld(int handle, u64 offset, std::span<const u8> from) override;
    int truncateHeld(int handle, u64 size) override;
    int setAttributes(const std::string& path, const kernel::iattr&) override;
    int setAttributesHeld(int handle, const kernel::iattr&) override;
    int listAttributes(const std::string& path, int handle, std::vector<std::string>& names) override;
    int attribute(const std::string& path, int handle, const std::string& name, std::vector<u8>& value) override;
    int setAttribute(const std::string& path, int handle, const std::string& name, std::span<const u8> value, int flags) override;
    int removeAttribute(const std::string& path, int handle, const std::string& name) override;
    int temporary(const std::string& directory, kernel::umode_t mode, bool mayBeLinked) override;
    int linkHeld(int handle, const std::string& to) override;
    int punchHeld(int handle, u64 offset, u64 size) override;
    int exchange(const std::string& one, const std::string& other) override;
    int symlink(const std::string& target, const std::string& path) override;
    int link(const std::string& from, const std::string& to) override;
    int rename(const std::string& from, const std::string& to) override;
    long readStream(int stream, std::span<u8> to) override;
    void replay(InputReplay* input);        // comes from there instead, what is typed at a terminal, too
    long writeStream(int stream, std::span<const u8> from) override;
    bool isTerminal(int stream) override;
    kernel::HostTerminal* terminal() override;
    const Screens& screens();               // looked at once
    void beginTerminal();
    void endTerminal() { keys_.end(); }     // gives it back

private:
    struct Grant { Descriptor parent; bool writable; };
    struct Held { Descriptor file; dev_t device; ino_t inode; };
    struct Place { int directory; std::string name; bool writable; };   // openat2-style: name below directory

    int place(const std::string& path, Place&) const;       // -EACCES when nobody allowed it
    int openBelow(const Place&, int flags, unsigned mode = 0) const;
    int writableFile(const std::string& path, int handle, Descriptor& opened) const;     // an O_PATH descriptor; -EROFS
    int parentOf(const std::string& path, Descriptor& parent, std::string& name);   // for writes; -EROFS when read-only
    template <class Make> int newName(const std::string& path, Make make);
    int keep(Descriptor opened);            // its handle; -ENXIO unless it is a regular file
    bool isHeld(const struct ::stat&) const;
    void nameGone(const struct ::stat&);                    // of a file that had these attributes before
    int cached(const std::string& path);                     // a read descriptor, kept open for the next page
    void forget(const std::string& path);                   // and what lies below it
    int streamFd(int stream) const;
    long writeReplayed(int stream, std::span<const u8> from);

    std::map<std::string, Grant> grants_;                    // by allowed path
    std::map<std::string, Descriptor> open_;
    std::list<std::string> recent_;                          // keys of open_, most recent last
    std::map<int, Held> held_;                               // by its descriptor's number
    std::pair<std::string, Descriptor> created_;            // the file that was made last, until it is opened
    TerminalKeys keys_;
    std::optional<Screens> screens_;
    InputReplay* replay_ = nullptr;
    GuestOutput output_;
    HostDisk disk_;
};

}  // namespace emu
