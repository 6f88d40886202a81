#include "coordinator/store/testing/store_conformance.h"

#include "base/check.h"

namespace mig::coordinator::testing {

StoreConformanceTest::Answer StoreConformanceTest::Append(WriteBatch batch) {
  auto answer = std::make_shared<std::optional<absl::StatusOr<Written>>>();
  store().Append(std::move(batch), [answer](absl::StatusOr<Written> result) {
    MIG_CHECK(!answer->has_value()) << "answered twice";
    *answer = std::move(result);
  });
  return answer;
}

int StoreConformanceTest::CommitAll() {
  int groups = 0;
  while (world_->committer().CommitNow() > 0) ++groups;
  return groups;
}

absl::StatusOr<Written> StoreConformanceTest::Write(WriteBatch batch) {
  const Answer answer = Append(std::move(batch));
  CommitAll();
  MIG_CHECK(answer->has_value()) << "not answered";
  return *std::move(*answer);
}

}  // namespace mig::coordinator::testing
