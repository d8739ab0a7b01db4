// Runs the loop until one task is done: commands and tests.
#pragma once

#include "io/async.h"
#include "io/linux/loop.h"
#include "io/running.h"

namespace meshka::io {

template <class T>
T runUntilDone(LinuxLoop& loop, Task<T> task) {
  if constexpr (std::is_void_v<T>) {
    Running running(std::move(task));
    running.start();
    while (!running.finished()) loop.turn(true);
  } else {
    std::optional<T> out;
    Running running(detail::storeInto(std::move(task), out));
    running.start();
    while (!running.finished()) loop.turn(true);
    return std::move(*out);
  }
}

}  // namespace meshka::io
