// Whether AddressSanitizer watches this build: as a macro, for its own headers are there only then.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define EXECSCOPE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EXECSCOPE_ASAN 1
#endif
#endif
#ifndef EXECSCOPE_ASAN
#define EXECSCOPE_ASAN 0
#endif
