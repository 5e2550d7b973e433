// How far back a page_fill may refer: writers and readers of a trace keep this many blobs, whatever its length.
#pragma once

#include <cstddef>

namespace traces {

inline constexpr std::size_t blobsKept = 4096;      // the last ones; a content that comes again later is a blob again

}  // namespace traces
