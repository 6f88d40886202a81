#include "loader/transport/typed_client.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/transport/answer_checks.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

using base::MonotonicTime;

absl::StatusOr<std::string> Serialised(const google::protobuf::MessageLite& request,
                                       size_t max_bytes) {
  std::string bytes = request.SerializeAsString();
  if (bytes.size() <= max_bytes) return bytes;
  return trust::Refuse(v1::Refusal::BOUND,
                       absl::StrCat("a ", request.GetTypeName(), " of ", bytes.size(),
                                    " bytes, at most ", max_bytes, " may be sent"));
}

// The answer, parsed and not yet checked.
template <typename Answer>
absl::StatusOr<Answer> Call(base::Clock& clock, Transport& transport, Method method,
                            const google::protobuf::MessageLite& request, size_t max_bytes) {
  MIG_ASSIGN_OR_RETURN(const std::string bytes, Serialised(request, max_bytes));
  const CallLimits limits = {.deadline = clock.MonotonicNow() + kCallTimeout};
  MIG_ASSIGN_OR_RETURN(const std::string answered, transport.Unary(method, bytes, limits));
  Answer answer;
  if (answered.size() > base::kMaxGrpcMessageBytes || !answer.ParseFromString(answered)) {
    return trust::Refuse(v1::Refusal::MALFORMED,
                         absl::StrCat("the coordinator's answer is no ", answer.GetTypeName()));
  }
  return answer;
}

template <typename Answer>
absl::StatusOr<Answer> CheckedCall(base::Clock& clock, Transport& transport, Method method,
                                   const google::protobuf::MessageLite& request) {
  MIG_ASSIGN_OR_RETURN(Answer answer,
                       Call<Answer>(clock, transport, method, request, base::kMaxGrpcMessageBytes));
  MIG_RETURN_IF_ERROR(Check(answer));
  return answer;
}

absl::Status Malformed(absl::string_view what) {
  return trust::Refuse(v1::Refusal::MALFORMED, absl::StrCat("a fetch: ", what));
}

// One fetch's frames, in order, into its sink.
class FetchReader {
 public:
  FetchReader(base::Clock& clock, const FetchWant& want, FetchSink& sink)
      : clock_(clock), want_(want), sink_(sink), start_(clock.MonotonicNow()) {}

  absl::Status Take(absl::string_view frame) {
    v1::FetchAnswer answer;
    if (frame.size() > base::kMaxGrpcMessageBytes ||
        !answer.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
      return Malformed("a frame is no FetchAnswer");
    }
    switch (answer.part_case()) {
      case v1::FetchAnswer::kStart:
        return TakeStart(answer.start());
      case v1::FetchAnswer::kChunk:
        return TakeChunk(answer.chunk());
      case v1::FetchAnswer::PART_NOT_SET:
        break;
    }
    return Malformed("an empty frame");
  }

  // After the stream ended well.
  absl::Status Finish() const {
    if (started_ && next_ == want_.size_bytes) return absl::OkStatus();
    return Length(absl::StrCat("ended at ", next_));
  }

 private:
  absl::Status TakeStart(const v1::FetchStart& start) {
    if (started_) return Malformed("a second start");
    if (start.size_bytes() != want_.size_bytes) {
      return Length(absl::StrCat("is announced with ", start.size_bytes()));
    }
    if (start.offset() > want_.offset) return Malformed("it starts after the wanted offset");
    started_ = true;
    next_ = start.offset();
    return sink_.Begin(next_);
  }

  absl::Status TakeChunk(absl::string_view chunk) {
    if (!started_) return Malformed("a chunk before the start");
    if (chunk.empty() || chunk.size() > base::kMaxFetchChunkBytes) {
      return trust::Refuse(v1::Refusal::BOUND,
                           absl::StrCat("a fetch: a chunk of ", chunk.size(), " bytes, 1 to ",
                                        base::kMaxFetchChunkBytes, " may come"));
    }
    if (chunk.size() > want_.size_bytes - next_) return Length("goes on after its end");
    received_ += chunk.size();
    next_ += chunk.size();
    MIG_RETURN_IF_ERROR(sink_.Write(chunk));
    return CheckRate();
  }

  absl::Status CheckRate() const {
    const absl::Duration elapsed = clock_.MonotonicNow() - start_;
    if (elapsed <= kFetchGrace || next_ == want_.size_bytes) return absl::OkStatus();
    const double least = absl::ToDoubleSeconds(elapsed) * kFetchLeastRateBytesPerSecond;
    if (static_cast<double>(received_) >= least) return absl::OkStatus();
    return trust::Refuse(
        v1::Refusal::SLOW,
        absl::StrCat("content ", want_.digest.ToHex(), ": ", received_, " bytes in ",
                     absl::FormatDuration(elapsed), ", at least ", kFetchLeastRateBytesPerSecond,
                     " a second are needed; it is resumed by a later run"));
  }

  absl::Status Length(absl::string_view what) const {
    return trust::Refuse(v1::Refusal::LENGTH, absl::StrCat("content ", want_.digest.ToHex(), " of ",
                                                           want_.size_bytes, " bytes ", what));
  }

  base::Clock& clock_;
  const FetchWant& want_;
  FetchSink& sink_;
  const MonotonicTime start_;
  bool started_ = false;
  uint64_t next_ = 0;      // offset of the next byte
  uint64_t received_ = 0;  // in this fetch
};

}  // namespace

absl::StatusOr<v1::CheckInAnswer> TypedCoordinatorClient::CheckIn(
    const v1::CheckInRequest& request) {
  if (request.environment().ByteSizeLong() > base::kMaxEnvironmentBytes) {
    return trust::Refuse(
        v1::Refusal::BOUND,
        absl::StrCat("this host's environment has ", request.environment().ByteSizeLong(),
                     " bytes, at most ", base::kMaxEnvironmentBytes,
                     " are sent; shorten its tags, or leave out fields with "
                     "report_fields"));
  }
  MIG_ASSIGN_OR_RETURN(v1::CheckInAnswer answer,
                       Call<v1::CheckInAnswer>(clock_, transport_, Method::kCheckIn, request,
                                               base::kMaxCheckInBytes));
  MIG_RETURN_IF_ERROR(Check(answer));
  return answer;
}

absl::Status TypedCoordinatorClient::Fetch(const FetchWant& want, FetchSink& sink) {
  if (want.offset >= want.size_bytes || want.size_bytes > base::kMaxComponentBytes ||
      want.ticket.size() > base::kMaxTicketBytes) {
    return trust::Refuse(v1::Refusal::BOUND,
                         absl::StrCat("a fetch of ", want.size_bytes, " bytes from ", want.offset,
                                      " on is not within its bounds"));
  }
  v1::FetchRequest request;
  request.set_ticket(want.ticket);
  request.set_digest(std::string(want.digest.bytes()));
  request.set_offset(want.offset);
  MIG_ASSIGN_OR_RETURN(const std::string bytes, Serialised(request, base::kMaxGrpcMessageBytes));

  // The source may begin before the wanted offset, so the whole size counts.
  const absl::Duration longest =
      kFetchGrace + kFetchStall + absl::Seconds(want.size_bytes / kFetchLeastRateBytesPerSecond);
  const CallLimits limits = {.deadline = clock_.MonotonicNow() + longest, .stall = kFetchStall};
  FetchReader reader(clock_, want, sink);
  MIG_RETURN_IF_ERROR(
      transport_.ServerStream(Method::kFetch, bytes, limits,
                              [&reader](absl::string_view frame) { return reader.Take(frame); }));
  return reader.Finish();
}

absl::StatusOr<v1::ReportAnswer> TypedCoordinatorClient::Report(const v1::ReportRequest& request) {
  MIG_ASSIGN_OR_RETURN(
      v1::ReportAnswer answer,
      Call<v1::ReportAnswer>(clock_, transport_, Method::kReport, request, base::kMaxReportBytes));
  MIG_RETURN_IF_ERROR(Check(answer, request));
  return answer;
}

absl::StatusOr<v1::RenewCertificateAnswer> TypedCoordinatorClient::Renew(
    const v1::RenewCertificateRequest& request) {
  return CheckedCall<v1::RenewCertificateAnswer>(clock_, transport_, Method::kRenewCertificate,
                                                 request);
}

absl::StatusOr<v1::EnrollAnswer> TypedEnrollmentClient::Enroll(const v1::EnrollRequest& request) {
  return CheckedCall<v1::EnrollAnswer>(clock_, transport_, Method::kEnroll, request);
}

absl::StatusOr<v1::EnrollAnswer> TypedEnrollmentClient::Poll(
    const v1::PollEnrollmentRequest& request) {
  return CheckedCall<v1::EnrollAnswer>(clock_, transport_, Method::kPollEnrollment, request);
}

absl::StatusOr<v1::RenewByPossessionAnswer> TypedEnrollmentClient::RenewExpired(
    const v1::RenewByPossessionRequest& request) {
  return CheckedCall<v1::RenewByPossessionAnswer>(clock_, transport_, Method::kRenewByPossession,
                                                  request);
}

absl::StatusOr<v1::WalkRootsAnswer> TypedEnrollmentClient::WalkRoots(
    const v1::WalkRootsRequest& request) {
  return CheckedCall<v1::WalkRootsAnswer>(clock_, transport_, Method::kWalkRoots, request);
}

}  // namespace mig::loader
