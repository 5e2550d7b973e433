// What form a trace has, and changes of each.
#include "tests/fuzz/mutate_trace.hpp"
#include "tests/fuzz/trace_readers.hpp"
#include "traces/compact.hpp"
#include "traces/plain_bytes.hpp"

#include <random>
#include <sstream>
#include <zstd.h>

namespace fuzz {
namespace {

constexpr std::size_t largest = std::size_t{4} << 20;      // of what is compressed

std::string decompressed(const std::string& file) {
    std::stringbuf in(file);
    traces::PlainBytes bytes(in);
    std::string out;
    char part[1 << 16];
    try {
        while (out.size() < largest) {
            const std::streamsize n = bytes.sgetn(part, sizeof part);
            if (n == 0) break;
            out.append(part, static_cast<std::size_t>(n));
        }
    } catch (const traces::DamagedData&) {
    }
    return out;
}

std::string compressed(const std::string& text) {
    std::string out(::ZSTD_compressBound(text.size()), '\0');
    const std::size_t size = ::ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1);
    out.resize(::ZSTD_isError(size) ? 0 : size);
    return out;
}

std::string changedFrames(std::string file, unsigned seed) {
    std::mt19937 random(seed);
    if (random() % 4) file = compressed(changedTrace(decompressed(file), seed + 1));
    if (random() % 4 || file.empty()) return file;
    if (random() % 2) file.resize(random() % file.size());
    else for (std::size_t n = 1 + random() % 4; n > 0; --n) file[random() % file.size()] = static_cast<char>(random() % 256);
    return file;
}

}  // namespace

std::string changedTrace(std::string trace, unsigned seed) {
    if (traces::looksCompressed(trace)) return changedFrames(std::move(trace), seed);
    return trace.starts_with(traces::compactMagic) ? changedRecords(std::move(trace), seed) : changedLines(std::move(trace), seed);
}

}  // namespace fuzz
