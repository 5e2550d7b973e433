// Getting frames back (Linux mm/vmscan.c).
#pragma once

namespace kernel {

// Drops the clean pages of the host's files that nobody maps or holds: they can be read again. Whether there were any.
bool shrink_page_cache();

}  // namespace kernel
