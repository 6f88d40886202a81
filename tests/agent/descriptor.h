// A file descriptor that closes itself.

#ifndef MIG_TESTS_AGENT_DESCRIPTOR_H_
#define MIG_TESTS_AGENT_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace mig::tests {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_DESCRIPTOR_H_
