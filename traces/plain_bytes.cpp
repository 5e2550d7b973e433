#include "traces/plain_bytes.hpp"

#include <algorithm>
#include <cstring>

namespace traces {

bool looksCompressed(std::string_view begin) {
    if (begin.size() < 4) return false;
    u32 magic = 0;
    for (std::size_t i = 4; i--;) magic = magic << 8 | static_cast<unsigned char>(begin[i]);
    return magic == ZSTD_MAGICNUMBER || (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

PlainBytes::~PlainBytes() { ::ZSTD_freeDCtx(context_); }

bool PlainBytes::refill() {
    at_ = 0;
    end_ = static_cast<std::size_t>(file_.sgetn(in_.data(), chunk));
    taken_ += end_;
    return end_ > 0;
}

void PlainBytes::begin() {
    begun_ = true;
    in_.resize(chunk);
    if (!refill() || !looksCompressed({in_.data(), end_})) return;
    context_ = ::ZSTD_createDCtx();
    if (!context_) throw std::bad_alloc();
    out_.resize(chunk);
}

std::size_t PlainBytes::decompress() {
    for (ZSTD_outBuffer out{out_.data(), out_.size(), 0};;) {
        ZSTD_inBuffer in{in_.data(), end_, at_};
        const std::size_t result = ::ZSTD_decompressStream(context_, &out, &in);
        if (::ZSTD_isError(result))
            throw DamagedData(std::string("the compressed data is damaged: ") + ::ZSTD_getErrorName(result));
        at_ = in.pos;
        if (out.pos) return out.pos;
        if (at_ == end_ && !refill()) return 0;
    }
}

PlainBytes::int_type PlainBytes::underflow() {
    const bool first = !begun_;
    if (first) begin();
    if (context_) {
        const std::size_t size = decompress();
        setg(out_.data(), out_.data(), out_.data() + size);
    } else {
        if (!first) refill();
        setg(in_.data(), in_.data(), in_.data() + end_);
    }
    return gptr() == egptr() ? traits_type::eof() : traits_type::to_int_type(*gptr());
}

std::streamsize PieceBuffer::xsgetn(char* to, std::streamsize size) {
    if (gptr() == egptr() && underflow() == traits_type::eof()) return 0;
    const std::streamsize n = std::min(size, egptr() - gptr());
    std::memcpy(to, gptr(), static_cast<std::size_t>(n));
    gbump(static_cast<int>(n));
    return n;
}

}  // namespace traces
