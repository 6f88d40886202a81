// Work on several cores. The loader's logic starts no thread itself: this is passed in.

#ifndef MIG_BASE_EXECUTOR_H_
#define MIG_BASE_EXECUTOR_H_

#include <cstddef>

#include "absl/functional/function_ref.h"

namespace mig::base {

class Executor {
 public:
  virtual ~Executor() = default;

  // Calls task(0) ... task(count - 1), each once, in any order and possibly at the same time, and
  // returns when all have returned. A task must not throw, and must not call this executor.
  // Any thread may call.
  virtual void ParallelFor(size_t count, absl::FunctionRef<void(size_t)> task) = 0;

  // How many tasks can run at the same time; at least 1.
  virtual size_t width() const = 0;
};

}  // namespace mig::base

#endif  // MIG_BASE_EXECUTOR_H_
