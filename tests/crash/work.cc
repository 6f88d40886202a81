#include "tests/crash/work.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>

#include "base/testing/seeded_random.h"
#include "sim/virtual/verify_memo.h"

namespace mig::tests {

bool KnownStates::Add(uint64_t key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return keys_.insert(key).second;
}

void Findings::Note(std::string what, Violations violations) {
  if (violations.empty()) return;
  ++count_;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (findings_.size() >= extent_.violations) return;
  findings_.push_back(
      {.history = history_.name, .what = std::move(what), .violations = std::move(violations)});
}

Figures Findings::Take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {.states = states_, .kills = kills_, .faults = faults_, .findings = std::move(findings_)};
}

void ForEach(size_t count, const History& history, const Extent& extent, const DiskLens& lens,
             absl::string_view part, const ShowProgress& show, const Findings& findings,
             const std::function<void(World&, size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::mutex showing;
  const auto loop = [&] {
    // The same few documents are verified in each run.
    sim::VerifyMemo memo;
    World world(history, lens);
    for (size_t i = next++; i < count && !findings.IsEnough(); i = next++) {
      work(world, i);
      const std::unique_lock<std::mutex> lock(showing, std::try_to_lock);
      if (show && lock.owns_lock()) {
        show({.history = history.name, .part = part, .done = i + 1, .of = count});
      }
    }
  };
  const size_t threads = std::min<size_t>(static_cast<size_t>(extent.threads), count);
  std::vector<std::thread> others;
  for (size_t i = 1; i < threads; ++i) others.emplace_back(loop);
  if (threads > 0) loop();
  for (std::thread& other : others) other.join();
}

std::vector<size_t> Draw(size_t count, size_t most, base::testing::Seed seed) {
  std::vector<size_t> all(count);
  std::iota(all.begin(), all.end(), size_t{0});
  if (most >= count) return all;
  base::testing::SeededRandom random(seed);
  for (size_t i = 0; i < most; ++i) std::swap(all[i], all[i + random.Below(count - i)]);
  all.resize(most);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace mig::tests
