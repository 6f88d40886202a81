#include "coordinator/handlers/testing/test_host.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/envelope.h"

namespace mig::coordinator::testing {
namespace {

template <typename Answer, typename Request>
absl::StatusOr<Answer> Call(InProcessCoordinator& coordinator, LoaderCall call, const Peer& peer,
                            const Request& request) {
  MIG_ASSIGN_OR_RETURN(const std::string bytes,
                       coordinator.Unary(call, peer, request.SerializeAsString()));
  Answer answer;
  MIG_CHECK(answer.ParseFromString(bytes));
  return answer;
}

std::string Bytes(const base::Digest& digest) { return std::string(digest.bytes()); }

}  // namespace

TestHost::TestHost(InProcessCoordinator& coordinator, uint64_t number)
    : coordinator_(coordinator), host_(coordinator.Enroll(number)) {
  v1::Environment& environment = *says_.mutable_environment();
  environment.set_hostname(absl::StrCat("host-", number));
  environment.set_os("linux");
  environment.set_distribution("debian");
  environment.set_distribution_version("12");
  environment.set_kernel("6.1.0-18");
  environment.set_arch("x86_64");
  environment.set_init("systemd");
  environment.set_loader_version("1.0");
  says_.mutable_local_manifest();
  v1::ProductState& agent = *says_.add_products();
  agent.set_product("agent");
  agent.set_health(v1::ProductState::NOT_ASKED);
  says_.set_root_version(coordinator.verified_root()->version());
  says_.set_machine(Bytes(InProcessCoordinator::MachineOf(number)));
}

void TestHost::Has(const trust::Verified<trust::Manifest>& manifest, uint32_t variant) {
  v1::ProductState& agent = *says_.mutable_products(0);
  agent.set_health(v1::ProductState::HEALTHY);
  agent.mutable_installed()->set_manifest_digest(Bytes(manifest.digest()));
  agent.mutable_installed()->set_variant(variant);
  agent.mutable_seen()->set_epoch(manifest->numbers().epoch);
  agent.mutable_seen()->set_sequence(manifest->numbers().sequence);
  agent.mutable_seen()->set_digest(Bytes(manifest.digest()));
  says_.mutable_local_manifest()->clear_components();
  for (const trust::Component& component : manifest->variants()[variant].components) {
    v1::LocalComponent& there = *says_.mutable_local_manifest()->add_components();
    there.set_product("agent");
    there.set_name(component.name);
    there.set_state(v1::LocalComponent::PRESENT);
    there.set_size_bytes(component.size_bytes);
    there.set_sha256(Bytes(component.digest));
    there.set_owner("root:root");
  }
}

void TestHost::HasFile(absl::string_view name, absl::string_view content) {
  for (v1::LocalComponent& there : *says_.mutable_local_manifest()->mutable_components()) {
    if (there.name() != name) continue;
    there.set_size_bytes(content.size());
    there.set_sha256(Bytes(base::Sha256Of(content)));
  }
}

absl::StatusOr<v1::CheckInAnswer> TestHost::CheckIn() {
  says_.set_nonce(Bytes(base::Sha256Of(absl::StrCat(host_.id.ToHex(), nonces_++))));
  MIG_ASSIGN_OR_RETURN(
      v1::CheckInAnswer answer,
      Call<v1::CheckInAnswer>(coordinator_, LoaderCall::kCheckIn, host_.peer, says_));
  Hold(answer);
  return answer;
}

void TestHost::Hold(const v1::CheckInAnswer& answer) {
  says_.set_previous_answer(answer.answer_id());
  says_.set_newest_head(answer.head());
  for (const std::string& bytes : answer.documents()) {
    const absl::StatusOr<trust::Envelope> envelope = trust::Envelope::ParseAny(bytes);
    MIG_CHECK_OK(envelope);
    if (envelope->type() == trust::DocumentType::kRoot) {
      says_.set_root_version(trust::Root::Parse(envelope->payload())->version());
      continue;
    }
    if (envelope->type() == trust::DocumentType::kPlan) {
      const absl::StatusOr<trust::Plan> plan = trust::Plan::Parse(envelope->payload());
      if (says_.streams().empty()) says_.add_streams()->set_stream(plan->stream());
      v1::SeenDocument& seen = *says_.mutable_streams(0)->mutable_seen();
      if (plan->numbers().sequence > seen.sequence()) {
        seen.set_epoch(plan->numbers().epoch);
        seen.set_sequence(plan->numbers().sequence);
        seen.set_digest(Bytes(envelope->digest()));
      }
    }
    says_.add_document_digests(Bytes(envelope->digest()));
  }
  std::ranges::sort(*says_.mutable_document_digests());
}

absl::StatusOr<v1::CheckInAnswer> TestHost::CheckInWholly() {
  for (int i = 0; i < base::kMaxCheckInsPerRun; ++i) {
    MIG_ASSIGN_OR_RETURN(v1::CheckInAnswer answer, CheckIn());
    if (!answer.more()) return answer;
  }
  return absl::InternalError("there was always more");
}

trust::Assignment TestHost::Assigned() {
  const absl::StatusOr<v1::CheckInAnswer> answer = CheckInWholly();
  MIG_CHECK_OK(answer);
  MIG_CHECK(!answer->assignment().empty()) << "nothing was assigned";
  const absl::StatusOr<trust::Verified<trust::Assignment>> assignment =
      trust::Verify<trust::Assignment>(answer->assignment(), coordinator_.verified_root());
  MIG_CHECK_OK(assignment);
  return **assignment;
}

absl::StatusOr<std::string> TestHost::Fetch(absl::string_view ticket, const base::Digest& digest,
                                            uint64_t offset) {
  v1::FetchRequest request;
  request.set_ticket(std::string(ticket));
  request.set_digest(Bytes(digest));
  request.set_offset(offset);
  std::string content;
  MIG_RETURN_IF_ERROR(coordinator_.ServerStream(
      LoaderCall::kFetch, host_.peer, request.SerializeAsString(), [&](absl::string_view frame) {
        v1::FetchAnswer answer;
        MIG_CHECK(answer.ParseFromString(std::string(frame)));
        content += answer.chunk();
        return absl::OkStatus();
      }));
  return content;
}

absl::StatusOr<v1::ReportAnswer> TestHost::Report(const v1::Outcome& outcome) {
  v1::ReportRequest request;
  *request.add_outcomes() = outcome;
  return Call<v1::ReportAnswer>(coordinator_, LoaderCall::kReport, host_.peer, request);
}

v1::Outcome TestHost::OutcomeOf(const trust::Assignment& assignment, char attempt) {
  const trust::AssignmentItem& item = assignment.items().front();
  v1::Outcome outcome;
  outcome.set_attempt(std::string(base::kAttemptIdBytes, attempt));
  outcome.set_product(item.product);
  outcome.set_kind(v1::Outcome::INSTALL);
  outcome.set_result(v1::Outcome::HEALTHY);
  outcome.set_stage(v1::Outcome::COMPLETE);
  outcome.mutable_refusal()->set_code(v1::Refusal::NONE);
  outcome.set_manifest_digest(Bytes(item.manifest));
  outcome.set_plan_digest(Bytes(*item.plan));
  const rollout::CheckedPlan* plan =
      coordinator_.coordinator().fleet().snapshot()->plan(*item.plan);
  outcome.set_rollout(std::string(plan->plan().rollout().bytes()));
  outcome.set_started_ms(1'767'225'600'000);
  outcome.set_ended_ms(1'767'225'601'000);
  outcome.set_count(1);
  return outcome;
}

std::vector<trust::AssignmentItem> ItemsOf(const InProcessCoordinator& coordinator,
                                           const v1::CheckInAnswer& answer) {
  if (answer.assignment().empty()) return {};
  const absl::StatusOr<trust::Verified<trust::Assignment>> assignment =
      trust::Verify<trust::Assignment>(answer.assignment(), coordinator.verified_root());
  MIG_CHECK_OK(assignment);
  return (*assignment)->items();
}

}  // namespace mig::coordinator::testing
