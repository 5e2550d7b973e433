// What poll(2) and epoll(7) share.
#pragma once

#include "kernel_model/fs/internal.hpp"

namespace kernel {

std::vector<file*> watchedFiles(file*);     // itself and, through epoll files, all below it, each once; no references
void stopSleepingOn(const file*);           // a file goes while tasks wait for it through an epoll file

}  // namespace kernel
