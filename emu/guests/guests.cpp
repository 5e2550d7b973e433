#include "emu/guests/guests.hpp"

namespace emu::guests {

namespace {
constexpr u8 initBytes[] = {
#include "emu/guests/init.inc"
};
constexpr u8 helloBytes[] = {
#include "emu/guests/hello.inc"
};
}  // namespace

std::span<const u8> init() { return initBytes; }
std::span<const u8> hello() { return helloBytes; }

}  // namespace emu::guests
