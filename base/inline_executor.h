// An executor of one core: in tests, in virtual time, and where a pool is not worth starting.

#ifndef MIG_BASE_INLINE_EXECUTOR_H_
#define MIG_BASE_INLINE_EXECUTOR_H_

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "base/executor.h"

namespace mig::base {

// Runs the tasks on the caller's thread or fiber, in order.
class InlineExecutor : public Executor {
 public:
  void ParallelFor(size_t count, absl::FunctionRef<void(size_t)> task) override {
    for (size_t i = 0; i < count; ++i) task(i);
  }
  size_t width() const override { return 1; }
};

}  // namespace mig::base

#endif  // MIG_BASE_INLINE_EXECUTOR_H_
