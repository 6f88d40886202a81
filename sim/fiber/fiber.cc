#include "sim/fiber/fiber.h"

#include <cxxabi.h>

#include <boost/context/preallocated.hpp>
#include <boost/context/stack_context.hpp>
#include <cstring>
#include <exception>
#include <utility>

#include "base/check.h"
#include "base/status_macros.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace mig::sim {

namespace {

// Address sanitizer follows one stack at a time: it is told before a switch where the next one
// lies, and after it that we have arrived. `fake` keeps the frames that it holds on its own heap;
// null on leaving says that this stack will not be entered again.
void BeforeSwitch([[maybe_unused]] void** fake, [[maybe_unused]] const void* bottom,
                  [[maybe_unused]] size_t size_bytes) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(fake, bottom, size_bytes);
#endif
}

void AfterSwitch([[maybe_unused]] void* fake, [[maybe_unused]] const void** from_bottom,
                 [[maybe_unused]] size_t* from_size_bytes) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(fake, from_bottom, from_size_bytes);
#endif
}

// The stack belongs to the pool, and the Fiber gives it back.
struct KeepsStack {
  boost::context::stack_context allocate() { return {}; }
  void deallocate(boost::context::stack_context&) {}
};

boost::context::preallocated At(const Stack& stack) {
  boost::context::stack_context context;
  context.size = stack.size_bytes;
  context.sp = stack.top();
  return {context.sp, context.size, context};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Fiber>> Fiber::Create(StackPool& pool,
                                                     absl::AnyInvocable<void()> body) {
  MIG_ASSIGN_OR_RETURN(const Stack stack, pool.Take());
  return std::unique_ptr<Fiber>(new Fiber(pool, stack, std::move(body)));
}

Fiber::Fiber(StackPool& pool, Stack stack, absl::AnyInvocable<void()> body)
    : pool_(pool), stack_(stack), body_(std::move(body)) {
  // Boost goes to the new stack and back once here. Unannounced, its frame there would lie on the
  // fake stack of whoever makes this fiber, and be gone if that ends first.
  void* fake = nullptr;
  BeforeSwitch(&fake, stack_.bottom, stack_.size_bytes);
  context_ = boost::context::fiber(
      std::allocator_arg, At(stack_), KeepsStack(),
      [this](boost::context::fiber&& caller) { return Run(std::move(caller)); });
  AfterSwitch(nullptr, &caller_.bottom, &caller_.size_bytes);
  BeforeSwitch(nullptr, caller_.bottom, caller_.size_bytes);
  AfterSwitch(fake, nullptr, nullptr);
}

Fiber::~Fiber() {
  MIG_CHECK(!running_) << "a fiber cannot destroy itself";
  if (!finished_) {
    Cancel();
    Resume();
    MIG_CHECK(finished_) << "a cancelled fiber went on";
  }
  pool_.GiveBack(stack_);
}

void Fiber::Resume() {
  MIG_CHECK(!running_ && !finished_) << (finished_ ? "it has finished" : "it runs already");
  running_ = true;
  SwapExceptions(exceptions_);
  void* fake = nullptr;
  BeforeSwitch(&fake, stack_.bottom, stack_.size_bytes);
  context_ = std::move(context_).resume();
  AfterSwitch(fake, nullptr, nullptr);
  SwapExceptions(exceptions_);
  running_ = false;
}

void Fiber::Suspend() {
  MIG_CHECK(running_) << "Suspend from outside the fiber";
  if (!cancelled_) {
    void* fake = nullptr;
    BeforeSwitch(&fake, caller_.bottom, caller_.size_bytes);
    caller_.context = std::move(caller_.context).resume();
    AfterSwitch(fake, &caller_.bottom, &caller_.size_bytes);
  }
  if (cancelled_ && std::uncaught_exceptions() == 0) throw Cancelled();
}

boost::context::fiber Fiber::Run(boost::context::fiber&& caller) {
  AfterSwitch(nullptr, &caller_.bottom, &caller_.size_bytes);
  caller_.context = std::move(caller);
  try {
    // Moved, so that what it holds ends on this stack, where it may still wait.
    absl::AnyInvocable<void()> body = std::move(body_);
    if (!cancelled_) body();
  } catch (const Cancelled&) {
  } catch (const std::exception& e) {
    MIG_CHECK(false) << "an exception left the body of a fiber: " << e.what();
  } catch (...) {
    MIG_CHECK(false) << "an exception left the body of a fiber, not derived from std::exception";
  }
  finished_ = true;
  BeforeSwitch(nullptr, caller_.bottom, caller_.size_bytes);
  return std::move(caller_.context);
}

void Fiber::SwapExceptions(Exceptions& stored) {
  // Itanium C++ ABI, Exception Handling, 2.2.2: __cxa_eh_globals begins with these two members.
  auto* const in_use = reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
  std::swap(*in_use, stored);
}

}  // namespace mig::sim
