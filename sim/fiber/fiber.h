// Plain blocking code that can be set aside and taken up again: the loader's logic is written as if
// it had a thread of its own, and a simulator runs thousands of them on one (DESIGN: the
// simulator).
//
// Boost.Context switches the stacks. What it leaves to us: telling address sanitizer which stack is
// in use, keeping each fiber's exceptions in flight apart, and never destroying a fiber in the
// middle (its own forced unwinding is a false report in address sanitizer).

#ifndef MIG_SIM_FIBER_FIBER_H_
#define MIG_SIM_FIBER_FIBER_H_

#include <boost/context/fiber.hpp>
#include <cstddef>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "sim/fiber/stack_pool.h"

namespace mig::sim {

// What Suspend throws when the fiber was cancelled, so that all destructors run. It never leaves
// the fiber; whoever catches it on the way meets it again at the next Suspend.
struct Cancelled {};

// One piece of blocking code with a stack of its own. Everything on one thread.
class Fiber {
 public:
  // `body` starts with the first Resume. It may throw and catch; what it lets out, other than
  // Cancelled, is a bug and aborts. `pool` must outlive the fiber.
  //
  // Errors: ResourceExhausted  no stack is left
  static absl::StatusOr<std::unique_ptr<Fiber>> Create(StackPool& pool,
                                                       absl::AnyInvocable<void()> body);
  // From outside the fiber. One that is in the middle is cancelled and runs to its end first.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs the body until its next Suspend or its end. From outside this fiber; from another is fine.
  void Resume();

  // Returns with the next Resume. Only from within the body. Once the fiber is cancelled it never
  // waits: it throws Cancelled, or returns at once where that would be a second exception (a
  // destructor that blocks while the stack unwinds).
  void Suspend();

  // The next Suspend, or the one that it is in, throws Cancelled. A body that never began will not.
  // Does not run the fiber.
  void Cancel() { cancelled_ = true; }

  bool cancelled() const { return cancelled_; }
  bool finished() const { return finished_; }

 private:
  // The C++ runtime's record of exceptions in flight, which it keeps per thread.
  struct Exceptions {
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };
  // What address sanitizer must know of the stack that resumed this fiber.
  struct Caller {
    const void* bottom = nullptr;
    size_t size_bytes = 0;
    boost::context::fiber context;
  };

  Fiber(StackPool& pool, Stack stack, absl::AnyInvocable<void()> body);

  boost::context::fiber Run(boost::context::fiber&& caller);
  static void SwapExceptions(Exceptions& stored);

  StackPool& pool_;
  const Stack stack_;
  absl::AnyInvocable<void()> body_;
  boost::context::fiber context_;  // where to go on; empty while it runs and once it has finished
  Caller caller_;
  Exceptions exceptions_;
  bool running_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
};

}  // namespace mig::sim

#endif  // MIG_SIM_FIBER_FIBER_H_
