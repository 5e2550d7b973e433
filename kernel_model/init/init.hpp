// Between the files of init/.
#pragma once

namespace kernel {

void setUpInitTask();           // init_task.cpp

}  // namespace kernel
