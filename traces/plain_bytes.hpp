// The bytes of a trace file, whether it is compressed with zstd or not: which it is, its first bytes tell.
#pragma once

#include "traces/types.hpp"

#include <stdexcept>
#include <streambuf>
#include <string>
#include <vector>
#include <zstd.h>

namespace traces {

bool looksCompressed(std::string_view begin);       // of a file: its first four bytes or more

// What is wrong with compressed data. A file that ends too early is none: it is read as far as it goes.
struct DamagedData : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Its sgetn gives what underflow() has brought, 0 at the end: good bytes arrive before what lies behind them is found to be damaged.
class PieceBuffer : public std::streambuf {
protected:
    std::streamsize xsgetn(char* to, std::streamsize size) final;
};

// Reading throws DamagedData, behind the bytes that are good.
class PlainBytes final : public PieceBuffer {
public:
    explicit PlainBytes(std::streambuf& file) : file_(file) {}
    ~PlainBytes() override;
    PlainBytes(const PlainBytes&) = delete;
    PlainBytes& operator=(const PlainBytes&) = delete;
    u64 taken() const noexcept { return taken_; }       // bytes of the file so far

protected:
    int_type underflow() override;

private:
    void begin();
    bool refill();
    std::size_t decompress();

    static constexpr std::size_t chunk = std::size_t{1} << 17;
    std::streambuf& file_;
    ZSTD_DCtx* context_ = nullptr;    // null: not compressed, or not begun
    std::vector<char> in_, out_;
    std::size_t at_ = 0, end_ = 0;      // what is left in in_
    u64 taken_ = 0;
    bool begun_ = false;
};

}  // namespace traces
