// What rows measure on, made when the first of them is measured: whoever asks for one row does not
// wait for the others' files, keys and connections.

#ifndef MIG_BENCH_SUITES_LAZY_H_
#define MIG_BENCH_SUITES_LAZY_H_

#include <functional>
#include <memory>
#include <utility>

namespace mig::bench {

// Copies share one T. One thread at a time.
template <typename T>
class Lazy {
 public:
  using Make = std::function<std::unique_ptr<T>()>;

  explicit Lazy(Make make) : state_(std::make_shared<State>(State{std::move(make), nullptr})) {}

  T& operator*() const {
    if (state_->made == nullptr) state_->made = state_->make();
    return *state_->made;
  }
  T* operator->() const { return &**this; }

 private:
  struct State {
    Make make;
    std::unique_ptr<T> made;
  };
  std::shared_ptr<State> state_;
};

}  // namespace mig::bench

#endif  // MIG_BENCH_SUITES_LAZY_H_
