// Whole runs on a disk that fails them: one clear line with the way out, nothing half-written, and
// the next run finishes (ADVERSARY 97, 117).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/disk_image.h"
#include "loader/run/testing/run_test_base.h"

namespace mig::loader {
namespace {

using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TestHost;
using v1::Refusal;

class FaultsRunTest : public testing::RunTest {
 protected:
  // 1.2, by a coordinator that offers only the newest plan.
  void RollNext() {
    coordinator_.documents.erase(*coordinator_.assigned["agent"].plan);
    coordinator_.Roll(2, Release("1.2"));
  }

  void ExpectNextRunFinishes(TestHost& host, uint64_t where) {
    const RunResult next = host.Run();
    EXPECT_EQ(next.exit_code, ExitCode::kOk) << where << next.refusal.DebugString();
    EXPECT_EQ(host.Managed(), FilesOf("1.2")) << where;
    EXPECT_EQ(host.WaitingReports(), 0u) << where;
  }

  // What a person reads of it.
  static std::string TextOf(const RunResult& result) {
    std::string text = result.refusal.text();
    for (const ProductResult& product : result.products) {
      absl::StrAppend(&text, "\n", product.refusal.text());
    }
    for (const std::string& note : result.notes) absl::StrAppend(&text, "\n", note);
    return text;
  }
};

// Promise 3.
TEST_F(FaultsRunTest, ADiskThatIsFullAtAnyPointIsSaidAndTheNextRunFinishes) {
  GivenInstalled();
  RollNext();
  const base::DiskImage image = host_.disk().SeenImage();
  int said = 0;
  int went_well = 0;
  for (uint64_t capacity = 0; capacity < 4 << 20 && went_well < 3; capacity += 4'096) {
    TestHost host(clock_, coordinator_, image);
    host.disk().SetCapacity(capacity);
    const RunResult result = host.Run();
    EXPECT_THAT(host.Managed(), AnyOf(Eq(FilesOf("1.1")), Eq(FilesOf("1.2")))) << capacity;
    if (result.exit_code == ExitCode::kOk) {
      ++went_well;
      continue;
    }
    ++said;
    EXPECT_EQ(result.exit_code, ExitCode::kLater) << capacity << TextOf(result);
    EXPECT_THAT(TextOf(result), HasSubstr("make room")) << capacity;
    host.disk().SetCapacity(UINT64_MAX);
    ExpectNextRunFinishes(host, capacity);
  }
  EXPECT_GT(said, 3);
  EXPECT_EQ(went_well, 3);
}

// Promise 3.
TEST_F(FaultsRunTest, WithoutPermissionAtAnyOperationTheNextRunFinishes) {
  GivenInstalled();
  RollNext();
  const base::DiskImage image = host_.disk().SeenImage();
  const absl::Status denied = absl::PermissionDeniedError("cannot open it: Permission denied");
  uint64_t n = 1;
  for (;; ++n) {
    TestHost host(clock_, coordinator_, image);
    const uint64_t nth = host.disk().operations() + n;
    host.disk().FailOperation(nth, denied);
    const RunResult result = host.Run();
    if (host.disk().operations() < nth) break;
    if (result.exit_code == ExitCode::kWentBack) {  // the new program could not be started
      EXPECT_EQ(host.Managed(), FilesOf("1.1")) << n;
      continue;
    }
    if (result.exit_code != ExitCode::kOk) {
      EXPECT_THAT(TextOf(result), HasSubstr("ermission")) << n;
    }
    ExpectNextRunFinishes(host, n);
  }
  EXPECT_GT(n, 100u);
}

TEST_F(FaultsRunTest, ADiskWithoutAByteLeftIsOneLineAndNothingChanges) {
  GivenInstalled();
  RollNext();
  host_.disk().SetCapacity(0);

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kLater);
  EXPECT_EQ(result.refusal.code(), Refusal::DISK_FULL) << result.refusal.DebugString();
  EXPECT_THAT(result.refusal.text(), HasSubstr("make room"));
  EXPECT_THAT(result.refusal.text(), Not(HasSubstr("\n")));
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_NE(host_.AgentPid(), 0);

  host_.disk().SetCapacity(UINT64_MAX);
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(host_.Managed(), FilesOf("1.2"));
}

}  // namespace
}  // namespace mig::loader
