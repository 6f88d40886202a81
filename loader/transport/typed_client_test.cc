#include "loader/transport/typed_client.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using v1::Refusal;

// Answers with what a test gives it.
class GivenTransport : public Transport {
 public:
  absl::StatusOr<std::string> Unary(Method method, absl::string_view request,
                                    const CallLimits& limits) override {
    last_method = method;
    last_request = std::string(request);
    last_limits = limits;
    return answer;
  }
  absl::Status ServerStream(Method method, absl::string_view request, const CallLimits& limits,
                            absl::FunctionRef<absl::Status(absl::string_view)> take) override {
    last_method = method;
    last_request = std::string(request);
    last_limits = limits;
    for (const std::string& frame : frames) {
      before_frame();
      if (absl::Status taken = take(frame); !taken.ok()) return taken;
    }
    return end;
  }

  Method last_method = Method::kCheckIn;
  std::string last_request;
  CallLimits last_limits;
  absl::StatusOr<std::string> answer = std::string();
  std::vector<std::string> frames;
  std::function<void()> before_frame = [] {};
  absl::Status end;
};

class TypedClientTest : public ::testing::Test {
 protected:
  template <typename Message>
  void Answer(const Message& message) {
    transport_.answer = message.SerializeAsString();
  }
  static v1::CheckInAnswer GoodAnswer() {
    v1::CheckInAnswer answer;
    answer.set_head("head");
    answer.set_answer_id(std::string(16, 'a'));
    return answer;
  }
  std::optional<Refusal::Code> CheckInRefusal(const v1::CheckInAnswer& answer) {
    Answer(answer);
    return trust::RefusalOf(client_.CheckIn({}).status());
  }

  base::testing::ManualClock clock_;
  GivenTransport transport_;
  TypedCoordinatorClient client_{clock_, transport_};
  TypedEnrollmentClient enrollment_{clock_, transport_};
};

TEST_F(TypedClientTest, ACheckInGoesOutWithADeadlineAndItsAnswerComesBack) {
  Answer(GoodAnswer());
  v1::CheckInRequest request;
  request.set_nonce(std::string(32, 'n'));
  const absl::StatusOr<v1::CheckInAnswer> answer = client_.CheckIn(request);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->head(), "head");
  EXPECT_EQ(transport_.last_method, Method::kCheckIn);
  EXPECT_EQ(transport_.last_request, request.SerializeAsString());
  EXPECT_EQ(transport_.last_limits.deadline, clock_.MonotonicNow() + kCallTimeout);
}

TEST_F(TypedClientTest, AnErrorOfTheTransportIsHandedOn) {
  transport_.answer = trust::Refuse(Refusal::REVOKED, "revoked");
  EXPECT_EQ(trust::RefusalOf(client_.CheckIn({}).status()), Refusal::REVOKED);
}

TEST_F(TypedClientTest, ACheckInAnswerThatIsNotAsItMustBeIsRefused) {
  transport_.answer = std::string("\xff\xff\xff");
  EXPECT_EQ(trust::RefusalOf(client_.CheckIn({}).status()), Refusal::MALFORMED);
  v1::CheckInAnswer answer = GoodAnswer();
  answer.clear_head();
  EXPECT_EQ(CheckInRefusal(answer), Refusal::MALFORMED);
  answer = GoodAnswer();
  answer.set_answer_id("short");
  EXPECT_EQ(CheckInRefusal(answer), Refusal::MALFORMED);
  answer = GoodAnswer();
  answer.add_documents("");
  EXPECT_EQ(CheckInRefusal(answer), Refusal::MALFORMED);
  answer = GoodAnswer();
  answer.set_more(true);
  answer.set_assignment("a");
  EXPECT_EQ(CheckInRefusal(answer), Refusal::MALFORMED);
  answer = GoodAnswer();
  for (int i = 0; i < 65; ++i) answer.add_documents("d");
  EXPECT_EQ(CheckInRefusal(answer), Refusal::BOUND);
  answer = GoodAnswer();
  answer.add_documents(std::string(base::kMaxEnvelopeBytes + 1, 'd'));
  EXPECT_EQ(CheckInRefusal(answer), Refusal::BOUND);
}

TEST_F(TypedClientTest, ARequestOverItsBoundIsNotSent) {
  v1::CheckInRequest request;
  request.mutable_environment()->add_tags()->set_value(std::string(16 * 1024, 'x'));
  EXPECT_EQ(trust::RefusalOf(client_.CheckIn(request).status()), Refusal::BOUND);
  request.Clear();
  request.set_nonce(std::string(base::kMaxCheckInBytes, 'x'));
  EXPECT_EQ(trust::RefusalOf(client_.CheckIn(request).status()), Refusal::BOUND);
  v1::ReportRequest report;
  report.add_outcomes()->set_agent_output(std::string(base::kMaxReportBytes, 'x'));
  EXPECT_EQ(trust::RefusalOf(client_.Report(report).status()), Refusal::BOUND);
  EXPECT_EQ(transport_.last_request, "");
}

TEST_F(TypedClientTest, AReportIsAcknowledgedOnlyForWhatWasInIt) {
  v1::ReportRequest request;
  request.add_outcomes()->set_attempt("one");
  request.add_outcomes()->set_attempt("two");
  v1::ReportAnswer answer;
  answer.add_acknowledged_attempts("two");
  answer.add_rejected()->set_attempt("one");
  Answer(answer);
  EXPECT_THAT(client_.Report(request), IsOk());
  answer.add_acknowledged_attempts("three");
  Answer(answer);
  EXPECT_EQ(trust::RefusalOf(client_.Report(request).status()), Refusal::MALFORMED);
}

TEST_F(TypedClientTest, CertificatesAreOneToFour) {
  v1::RenewCertificateAnswer answer;
  Answer(answer);
  EXPECT_EQ(trust::RefusalOf(client_.Renew({}).status()), Refusal::MALFORMED);
  for (int i = 0; i < 4; ++i) answer.add_certificate_chain("c");
  Answer(answer);
  EXPECT_THAT(client_.Renew({}), IsOk());
  EXPECT_THAT(enrollment_.RenewExpired({}), IsOk());
  EXPECT_EQ(transport_.last_method, Method::kRenewByPossession);
  answer.add_certificate_chain("c");
  Answer(answer);
  EXPECT_EQ(trust::RefusalOf(client_.Renew({}).status()), Refusal::BOUND);
}

TEST_F(TypedClientTest, AnEnrollmentHasADecision) {
  v1::EnrollAnswer answer;
  Answer(answer);
  EXPECT_EQ(trust::RefusalOf(enrollment_.Enroll({}).status()), Refusal::MALFORMED);
  answer.mutable_pending()->set_request_id(std::string(16, 'r'));
  Answer(answer);
  EXPECT_THAT(enrollment_.Enroll({}), IsOk());
  answer.mutable_issued()->add_certificate_chain("c");
  Answer(answer);
  EXPECT_EQ(trust::RefusalOf(enrollment_.Poll({}).status()), Refusal::MALFORMED) << "no host id";
  answer.mutable_issued()->set_host_id(std::string(32, 'h'));
  Answer(answer);
  EXPECT_THAT(enrollment_.Poll({}), IsOk());
}

TEST_F(TypedClientTest, RootsAreBoundedAndMoreMeansSome) {
  v1::WalkRootsAnswer answer;
  Answer(answer);
  EXPECT_THAT(enrollment_.WalkRoots({}), IsOk());
  answer.set_more(true);
  Answer(answer);
  EXPECT_EQ(trust::RefusalOf(enrollment_.WalkRoots({}).status()), Refusal::MALFORMED);
  for (int i = 0; i < 33; ++i) answer.add_roots("r");
  Answer(answer);
  EXPECT_EQ(trust::RefusalOf(enrollment_.WalkRoots({}).status()), Refusal::BOUND);
}

// Keeps what it is given.
class StringSink : public FetchSink {
 public:
  absl::Status Begin(uint64_t offset) override {
    offset_ = offset;
    return absl::OkStatus();
  }
  absl::Status Write(absl::string_view bytes) override {
    absl::StrAppend(&bytes_, bytes);
    return full_ ? absl::ResourceExhaustedError("disk full") : absl::OkStatus();
  }

  uint64_t offset_ = 999;
  std::string bytes_;
  bool full_ = false;
};

class FetchTest : public TypedClientTest {
 protected:
  void Start(uint64_t size, uint64_t offset) {
    v1::FetchAnswer answer;
    answer.mutable_start()->set_size_bytes(size);
    answer.mutable_start()->set_offset(offset);
    transport_.frames.push_back(answer.SerializeAsString());
  }
  void Chunk(const std::string& bytes) {
    v1::FetchAnswer answer;
    answer.set_chunk(bytes);
    transport_.frames.push_back(answer.SerializeAsString());
  }
  absl::Status Fetch() { return client_.Fetch(want_, sink_); }
  std::optional<Refusal::Code> FetchRefusal() { return trust::RefusalOf(Fetch()); }

  FetchWant want_ = {.ticket = "ticket", .digest = base::Sha256Of("x"), .size_bytes = 10};
  StringSink sink_;
};

TEST_F(FetchTest, TheWholeContentGoesToTheSinkInOrder) {
  Start(10, 0);
  Chunk("01234");
  Chunk("56789");
  EXPECT_THAT(Fetch(), IsOk());
  EXPECT_EQ(sink_.offset_, 0u);
  EXPECT_EQ(sink_.bytes_, "0123456789");
  v1::FetchRequest request;
  ASSERT_TRUE(request.ParseFromString(transport_.last_request));
  EXPECT_EQ(request.digest(), want_.digest.bytes());
  EXPECT_EQ(transport_.last_limits.stall, kFetchStall);
}

TEST_F(FetchTest, AResumedOneBeginsWhereTheSourceSays) {
  want_.offset = 7;
  Start(10, 7);
  Chunk("789");
  EXPECT_THAT(Fetch(), IsOk());
  EXPECT_EQ(sink_.offset_, 7u);

  transport_.frames.clear();
  sink_ = {};
  Start(10, 0);  // it cannot resume
  Chunk("0123456789");
  EXPECT_THAT(Fetch(), IsOk());
  EXPECT_EQ(sink_.offset_, 0u);
}

TEST_F(FetchTest, Adversary82And83LongerAndShorterThanSignedIsLength) {
  Start(10, 0);
  Chunk("01234");
  EXPECT_EQ(FetchRefusal(), Refusal::LENGTH) << "ended early";
  Chunk("567890");
  EXPECT_EQ(FetchRefusal(), Refusal::LENGTH);
  EXPECT_EQ(sink_.bytes_, "0123401234") << "nothing of the chunk that is too long";
  transport_.frames.clear();
  Start(11, 0);
  EXPECT_EQ(FetchRefusal(), Refusal::LENGTH);
  transport_.frames.clear();
  EXPECT_EQ(FetchRefusal(), Refusal::LENGTH) << "no frame at all";
}

TEST_F(FetchTest, FramesOutOfOrderOrOverTheirBoundAreRefused) {
  Chunk("0");
  EXPECT_EQ(FetchRefusal(), Refusal::MALFORMED);
  transport_.frames = {""};
  EXPECT_EQ(FetchRefusal(), Refusal::MALFORMED);
  transport_.frames = {"\xff"};
  EXPECT_EQ(FetchRefusal(), Refusal::MALFORMED);
  transport_.frames.clear();
  Start(10, 0);
  Start(10, 0);
  EXPECT_EQ(FetchRefusal(), Refusal::MALFORMED);
  transport_.frames.clear();
  want_.offset = 3;
  Start(10, 5);
  EXPECT_EQ(FetchRefusal(), Refusal::MALFORMED);
  transport_.frames.clear();
  Start(10, 0);
  Chunk("");
  EXPECT_EQ(FetchRefusal(), Refusal::BOUND);
  transport_.frames.clear();
  want_ = {.size_bytes = base::kMiB};
  Start(base::kMiB, 0);
  Chunk(std::string(base::kMaxFetchChunkBytes + 1, 'x'));
  EXPECT_EQ(FetchRefusal(), Refusal::BOUND);
}

TEST_F(FetchTest, Adversary88OneByteASecondIsCutByTheRateFloor) {
  want_.size_bytes = 100'000;
  Start(want_.size_bytes, 0);
  for (int i = 0; i < 1000; ++i) Chunk("x");
  transport_.before_frame = [this] { clock_.Advance(absl::Seconds(1)); };
  const base::MonotonicTime before = clock_.MonotonicNow();
  EXPECT_EQ(FetchRefusal(), Refusal::SLOW);
  EXPECT_LE(clock_.MonotonicNow() - before, kFetchGrace + absl::Seconds(2));
}

TEST_F(FetchTest, Adversary86SizesThatCannotBeAreRefusedBeforeAnythingIsSent) {
  for (const uint64_t size : {uint64_t{0}, base::kMaxComponentBytes + 1, uint64_t{1} << 63}) {
    want_.size_bytes = size;
    EXPECT_EQ(FetchRefusal(), Refusal::BOUND) << size;
  }
  want_ = {.size_bytes = 10, .offset = 10};
  EXPECT_EQ(FetchRefusal(), Refusal::BOUND);
  EXPECT_EQ(transport_.last_request, "");
}

TEST_F(FetchTest, AnErrorOfTheSinkOrTheStreamIsTheResult) {
  Start(10, 0);
  Chunk("0123456789");
  sink_.full_ = true;
  EXPECT_THAT(Fetch(), base::testing::StatusIs(absl::StatusCode::kResourceExhausted));
  sink_ = {};
  transport_.frames.pop_back();
  transport_.end = trust::Refuse(Refusal::TICKET, "no right");
  EXPECT_EQ(FetchRefusal(), Refusal::TICKET);
}

}  // namespace
}  // namespace mig::loader
