// Contents on their way in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/operators/method_roles.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

class UploadTest : public ::testing::Test {
 protected:
  UploadTest() { clock_.Advance(absl::Hours(4)); }

  absl::StatusOr<std::unique_ptr<Upload>> Begin(const Peer& peer, absl::string_view content) {
    v1::BlobStart start;
    start.set_digest(std::string(base::Sha256Of(content).bytes()));
    start.set_size_bytes(content.size());
    return coordinator_.coordinator().documents().BeginUpload(peer, start);
  }
  absl::StatusOr<v1::UploadBlobAnswer> Finish(Upload& upload) {
    return coordinator_.Wait<v1::UploadBlobAnswer>(
        [&](Done<v1::UploadBlobAnswer> done) { upload.Finish(std::move(done)); });
  }
  bool IsStored(absl::string_view content) {
    return coordinator_.blobs().Size(base::Sha256Of(content)).ok();
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
};

TEST_F(UploadTest, WhatWasAnnouncedIsStored) {
  auto upload = Begin(coordinator_.admin(), "content");
  ASSERT_THAT((*upload)->Write("cont"), IsOk());
  ASSERT_THAT((*upload)->Write("ent"), IsOk());
  EXPECT_THAT(Finish(**upload), IsOk());
  EXPECT_TRUE(IsStored("content"));
}

// Promise 1.
TEST_F(UploadTest, OtherBytesThanAnnouncedAreNotStored) {
  auto upload = Begin(coordinator_.admin(), "content");
  ASSERT_THAT((*upload)->Write("CONTENT"), IsOk());
  EXPECT_THAT(Finish(**upload), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_FALSE(IsStored("content"));
}

TEST_F(UploadTest, AnUploadThatBreaksOffLeavesNothing) {
  {
    auto upload = Begin(coordinator_.admin(), "content");
    ASSERT_THAT((*upload)->Write("cont"), IsOk());
  }
  EXPECT_FALSE(IsStored("content"));
}

TEST_F(UploadTest, WhatIsThereIsNotWrittenAgain) {
  coordinator_.PutContent("content");
  auto upload = Begin(coordinator_.admin(), "content");
  ASSERT_THAT((*upload)->Write("content"), IsOk());
  EXPECT_TRUE(Finish(**upload)->existed());
}

TEST_F(UploadTest, AChunkOverItsBoundIsRefused) {
  const std::string large(base::kMaxFetchChunkBytes + 1, 'x');
  auto upload = Begin(coordinator_.admin(), large);
  EXPECT_THAT(trust::RefusalOf((*upload)->Write(large)), Optional(Eq(v1::Refusal::BOUND)));
}

TEST_F(UploadTest, AContentOverTheBoundIsRefusedBeforeItsFirstByte) {
  v1::BlobStart start;
  start.set_digest(std::string(32, 'd'));
  start.set_size_bytes(base::kMaxComponentBytes + 1);
  EXPECT_THAT(
      coordinator_.coordinator().documents().BeginUpload(coordinator_.admin(), start).status(),
      StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(UploadTest, AViewerUploadsNothing) {
  const Peer viewer = coordinator_.NewOperator("vi", BitOf(v1::ADMIN_ROLE_VIEWER));
  EXPECT_THAT(trust::RefusalOf(Begin(viewer, "content").status()), Optional(Eq(v1::Refusal::ROLE)));
}

TEST_F(UploadTest, WhoUploadedIsInTheAuditLog) {
  coordinator_.PutContent("content");
  EXPECT_EQ(coordinator_.store().ListAudit(0, 1)->front().entry.action, "blob.upload");
}

TEST_F(UploadTest, WhatIsMissingIsSaid) {
  coordinator_.PutContent("a");
  v1::FindBlobsRequest request;
  std::string here(base::Sha256Of("a").bytes());
  std::string missing(base::Sha256Of("b").bytes());
  request.add_digests(std::min(here, missing));
  request.add_digests(std::max(here, missing));
  const auto answer = coordinator_.Wait<v1::FindBlobsAnswer>([&](Done<v1::FindBlobsAnswer> done) {
    coordinator_.coordinator().documents().FindBlobs(coordinator_.admin(), request,
                                                     std::move(done));
  });
  EXPECT_THAT(answer->missing_digests(), ElementsAre(missing));
}

}  // namespace
}  // namespace mig::coordinator::testing
