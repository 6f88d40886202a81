// Stacks for fibers: fixed, pooled, and with a page below each that no one may touch, so that an
// overflow stops the program where it happens.

#ifndef MIG_SIM_FIBER_STACK_POOL_H_
#define MIG_SIM_FIBER_STACK_POOL_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"

namespace mig::sim {

// Usable bytes of a stack. Address sanitizer puts red zones around each variable.
#ifdef __SANITIZE_ADDRESS__
inline constexpr size_t kStackBytes = size_t{512} << 10;
#else
inline constexpr size_t kStackBytes = size_t{128} << 10;
#endif

// The usable part; the guard page lies right below `bottom`. A value, owned by who took it.
struct Stack {
  char* bottom = nullptr;
  size_t size_bytes = 0;

  char* top() const { return bottom + size_bytes; }
};

// Memory: kStackBytes and a page of address space per stack that was ever out at the same time;
// only touched pages count. One thread at a time.
class StackPool {
 public:
  // At most `max_stacks` are out at a time.
  explicit StackPool(size_t max_stacks) : max_stacks_(max_stacks) {}
  // All must have been given back.
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  // Errors: ResourceExhausted  max_stacks are out, or the system has no more memory
  absl::StatusOr<Stack> Take();
  void GiveBack(Stack stack);

  size_t out() const { return out_; }

 private:
  const size_t max_stacks_;
  size_t out_ = 0;
  std::vector<Stack> free_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_FIBER_STACK_POOL_H_
