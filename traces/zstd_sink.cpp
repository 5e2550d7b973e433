#include "traces/zstd_sink.hpp"

#include <cerrno>
#include <csignal>
#include <new>

namespace traces {

namespace {

constexpr u32 SKIPPABLE = 0x184D2A5E, SEEKABLE = 0x8F92EAB1;

void appendLow(std::string& out, u32 value) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xff);
}

// Signals are for the thread that runs the machine.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

}  // namespace

ZstdSink::ZstdSink(std::unique_ptr<Sink> file) : file_(std::move(file)), context_(::ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
    ::ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, 1);
    ::ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
    out_.resize(::ZSTD_CStreamOutSize());
    const SignalsBlocked blocked;
    thread_ = std::jthread([this] { work(); });
}

ZstdSink::~ZstdSink() {
    finish();
    thread_.join();
    ::ZSTD_freeCCtx(context_);
}

void ZstdSink::put(Piece piece) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return queue_.size() < longestQueue; });
    queue_.push_back(std::move(piece));
    changed_.notify_all();
}

Sink::Result ZstdSink::write(std::string_view bytes) {
    if (finished_) return {0, EBADF, true};         // the thread has ended
    if (frame_bytes_ + bytes.size() > largestFrame) beginFrame();
    frame_bytes_ += bytes.size();
    put({std::string(bytes), End::block});
    const std::lock_guard lock(mutex_);
    return {error_ ? 0 : bytes.size(), error_, true};
}

void ZstdSink::beginFrame() {
    put({{}, End::frame});
    frame_bytes_ = 0;
}

Sink::Result ZstdSink::finish() {
    if (!finished_) put({{}, End::file});
    finished_ = true;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
    return {0, error_, true};
}

void ZstdSink::work() {
    for (bool more = true; more;) {
        Piece piece;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return !queue_.empty(); });
            piece = std::move(queue_.front());
            queue_.pop_front();
            busy_ = true;
            changed_.notify_all();
        }
        compress(piece);
        more = piece.end != End::file;
        const std::lock_guard lock(mutex_);
        busy_ = false;
        changed_.notify_all();
    }
}

// Every piece ends a block, so that what was written can be read whatever happens then.
void ZstdSink::compress(const Piece& piece) {
    const ZSTD_EndDirective directive = piece.end == End::block ? ZSTD_e_flush : ZSTD_e_end;
    const bool empty = piece.end != End::block && open_.content == 0;
    ZSTD_inBuffer in{piece.bytes.data(), piece.bytes.size(), 0};
    for (std::size_t left = !empty; left;) {
        ZSTD_outBuffer out{out_.data(), out_.size(), 0};
        left = ::ZSTD_compressStream2(context_, &out, &in, directive);
        if (::ZSTD_isError(left)) return fail(EIO);
        open_.compressed += static_cast<u32>(out.pos);
        toFile({out_.data(), out.pos});
    }
    open_.content += static_cast<u32>(piece.bytes.size());
    if (piece.end == End::block) return;
    if (!empty) frames_.push_back(open_);
    open_ = {};
    if (piece.end == End::file) writeIndex();
}

void ZstdSink::writeIndex() {
    const u32 count = static_cast<u32>(frames_.size());
    std::string index;
    appendLow(index, SKIPPABLE);
    appendLow(index, 8 * count + 9);
    for (const Frame& frame : frames_) {
        appendLow(index, frame.compressed);
        appendLow(index, frame.content);
    }
    appendLow(index, count);
    index += '\0';                  // no checksums of frames here: they hold their own
    appendLow(index, SEEKABLE);
    toFile(index);
}

void ZstdSink::toFile(std::string_view bytes) {
    {
        const std::lock_guard lock(mutex_);
        if (error_) return;
    }
    if (const int error = file_->write(bytes).error) fail(error);
}

void ZstdSink::fail(int error) {
    const std::lock_guard lock(mutex_);
    error_ = error;
}

}  // namespace traces
