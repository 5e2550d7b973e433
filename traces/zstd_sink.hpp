// A trace compressed with zstd (RFC 8878) as it is written, by a thread of its own. The file consists of independent frames; in
// JSON, those after the first begin with the line of a checkpoint, unless a frame reaches its bound. Behind them stands the index of
// zstd's seekable format, a frame that decoders skip
// (github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md).
#pragma once

#include "traces/sink.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>
#include <zstd.h>

namespace traces {

// The process must not fork while one exists: the thread would be missing in the child.
class ZstdSink final : public Sink {
public:
    explicit ZstdSink(std::unique_ptr<Sink> file);
    ~ZstdSink() override;

    Result write(std::string_view bytes) override;      // taken now, compressed later: an error is that of earlier bytes
    Result finish() override;                           // ends the last frame, writes the index
    bool wantsFrame(std::size_t pending) const override { return frame_bytes_ + pending >= smallestFrame; }
    void beginFrame() override;
    std::string name() const override { return file_->name(); }

private:
    enum class End : u8 { block, frame, file };
    struct Piece { std::string bytes; End end; };
    struct Frame { u32 compressed, content; };

    void put(Piece piece);
    void work();
    void compress(const Piece& piece);
    void writeIndex();
    void toFile(std::string_view bytes);
    void fail(int error);           // errno; from now on

    static constexpr std::size_t smallestFrame = std::size_t{4} << 20, largestFrame = std::size_t{1} << 30;     // of content
    static constexpr std::size_t longestQueue = 8;
    std::unique_ptr<Sink> file_;
    std::size_t frame_bytes_ = 0;       // content given to the frame that is open
    bool finished_ = false;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Piece> queue_;
    bool busy_ = false;
    int error_ = 0;                     // errno of the file; nothing is written after it

    ZSTD_CCtx* context_;                // from here on the thread's own
    std::string out_;
    std::vector<Frame> frames_;
    Frame open_{};
    std::jthread thread_;
};

}  // namespace traces
