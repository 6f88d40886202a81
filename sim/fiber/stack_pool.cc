#include "sim/fiber/stack_pool.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace mig::sim {

namespace {

size_t PageBytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

// The last frames of a fiber never return, so their red zones stay behind. Code that is not
// instrumented would meet them on the next fiber.
void ForgetRedZones(const Stack& stack) {
#ifdef __SANITIZE_ADDRESS__
  ASAN_UNPOISON_MEMORY_REGION(stack.bottom, stack.size_bytes);
#else
  (void)stack;
#endif
}

}  // namespace

StackPool::~StackPool() {
  MIG_CHECK(out_ == 0) << out_ << " stacks are still in use";
  for (const Stack& stack : free_) {
    munmap(stack.bottom - PageBytes(), stack.size_bytes + PageBytes());
  }
}

absl::StatusOr<Stack> StackPool::Take() {
  if (out_ >= max_stacks_) {
    return absl::ResourceExhaustedError(
        absl::StrCat(out_,
                     " fibers are alive, which is the bound of this run (max_fibers); let "
                     "fewer hosts be active at a time, or raise it"));
  }
  if (!free_.empty()) {
    const Stack stack = free_.back();
    free_.pop_back();
    ++out_;
    return stack;
  }
  void* const memory = mmap(nullptr, kStackBytes + PageBytes(), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, PageBytes(), PROT_NONE) != 0) {
    const int error = errno;
    if (memory != MAP_FAILED) munmap(memory, kStackBytes + PageBytes());
    return absl::ResourceExhaustedError(absl::StrCat(
        "no stack for fiber ", out_ + 1, ": ", std::strerror(error),
        "; let fewer hosts be active at a time, or raise vm.max_map_count (two maps per fiber)"));
  }
  ++out_;
  return Stack{.bottom = static_cast<char*>(memory) + PageBytes(), .size_bytes = kStackBytes};
}

void StackPool::GiveBack(Stack stack) {
  MIG_CHECK(out_ > 0) << "a stack that was not taken here";
  ForgetRedZones(stack);
  --out_;
  free_.push_back(stack);
}

}  // namespace mig::sim
