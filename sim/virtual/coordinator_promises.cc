#include "sim/virtual/coordinator_promises.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/store/store.h"
#include "proto/mig/v1/admin_hosts.pb.h"
#include "proto/mig/v1/admin_rollouts.pb.h"
#include "trust/assignment.h"
#include "trust/envelope.h"
#include "trust/x509/spiffe_id.h"

namespace mig::sim {

namespace {

using coordinator::Done;

constexpr absl::string_view kCoordinatorsTurn =
    "2: the coordinator offers nothing ahead of its turn";
constexpr absl::string_view kCoordinatorsHalt = "4: a halt reaches everyone";
constexpr absl::string_view kCoordinatorsRows = "5: what is answered is durable";
constexpr absl::string_view kCoordinatorsCounts = "5: everything reported is counted once";
constexpr absl::string_view kCoordinatorsWord = "6: what the coordinator says of a host is true";

// More of one host may have been trimmed by the store.
constexpr size_t kMostOutcomes = 60;

Finding Found(absl::string_view promise, std::string what) {
  return {.promise = std::string(promise), .what = std::move(what)};
}

std::string CountsText(uint64_t offered, uint64_t healthy, uint64_t failed, uint64_t open) {
  return absl::StrCat(offered, " offered = ", healthy, " healthy + ", failed, " failed + ", open,
                      " silent or pending");
}

}  // namespace

struct CoordinatorPromises::Expected {
  uint64_t offered = 0;
  uint64_t healthy = 0;
  uint64_t failed = 0;
  uint64_t open = 0;

  friend bool operator==(const Expected&, const Expected&) = default;
  std::string Text() const { return CountsText(offered, healthy, failed, open); }
};

std::optional<Finding> CoordinatorPromises::ChecksIn(size_t host, const v1::CheckInAnswer& answer,
                                                     absl::Time now) {
  ++checked_;
  if (answer.assignment().empty()) return std::nullopt;
  const absl::StatusOr<trust::Envelope> envelope =
      trust::Envelope::Parse(answer.assignment(), trust::DocumentType::kAssignment);
  if (!envelope.ok()) return Found(kCoordinatorsTurn, "an assignment cannot be read");
  const absl::StatusOr<trust::Assignment> assignment =
      trust::Assignment::Parse(envelope->payload());
  if (!assignment.ok()) return Found(kCoordinatorsTurn, "an assignment cannot be read");
  const std::vector<SignedPlan>& plans = world_.documents().plans();
  for (const trust::AssignmentItem& item : assignment->items()) {
    if (!item.plan.has_value()) continue;
    const auto plan = std::find_if(plans.begin(), plans.end(), [&item](const SignedPlan& known) {
      return known.digest == *item.plan;
    });
    if (plan == plans.end()) return Found(kCoordinatorsTurn, "an unknown plan is assigned");
    const size_t index = static_cast<size_t>(plan - plans.begin());
    const std::string what = absl::StrCat("it offers ", plan->name, " to ", World::NameOf(host));
    if (world_.TurnOf(index, host) > now) {
      return Found(kCoordinatorsTurn,
                   absl::StrCat(what, ", whose turn comes ",
                                absl::FormatDuration(world_.TurnOf(index, host) - now), " later"));
    }
    const auto halted = halted_.find(index);
    if (halted != halted_.end()) {
      return Found(kCoordinatorsHalt,
                   absl::StrCat(what, ", ", absl::FormatDuration(now - halted->second),
                                " after it was halted"));
    }
    if (!coordinator_.durable().GetOffer(world_.id(host), plan->rollout).ok()) {
      return Found(kCoordinatorsRows, absl::StrCat(what, ", and the offer is not durable"));
    }
  }
  return std::nullopt;
}

std::optional<Finding> CoordinatorPromises::TakesReport(size_t host,
                                                        const v1::ReportAnswer& answer) {
  ++checked_;
  for (const std::string& attempt : answer.acknowledged_attempts()) {
    if (IsDurable(host, attempt)) continue;
    return Found(kCoordinatorsRows, absl::StrCat("it acknowledges an outcome of ",
                                                 World::NameOf(host), " that is not durable"));
  }
  for (const v1::RejectedOutcome& rejected : answer.rejected()) {
    return Found(kCoordinatorsCounts, absl::StrCat("it rejects an outcome of ", World::NameOf(host),
                                                   ": ", rejected.refusal().text()));
  }
  return std::nullopt;
}

bool CoordinatorPromises::IsDurable(size_t host, const std::string& attempt) {
  const absl::StatusOr<trust::AttemptId> id = trust::AttemptId::FromBytes(attempt);
  return id.ok() && coordinator_.durable().GetOutcome(world_.id(host), *id).ok();
}

std::optional<Finding> CoordinatorPromises::Counts(absl::Time now) {
  const std::vector<SignedPlan>& plans = world_.documents().plans();
  for (size_t i = 0; i < plans.size() && plans[i].starts <= now; ++i) {
    ++checked_;
    if (std::optional<Finding> found = CountsOf(plans[i], i, now)) return found;
  }
  return std::nullopt;
}

// The last word of each host that was offered something, from the rows alone.
std::optional<Finding> CoordinatorPromises::CountsOf(const SignedPlan& plan, size_t index,
                                                     absl::Time now) {
  std::map<coordinator::HostId, v1::Outcome::Result> offered;
  std::optional<Finding> found;
  const absl::Status read_offers =
      coordinator_.durable().ForEachOffer(plan.rollout, [&](const coordinator::OfferRecord& offer) {
        const std::optional<size_t> host = world_.Find(offer.host);
        if (!host.has_value() || world_.TurnOf(index, *host) > offer.at) {
          found = Found(kCoordinatorsTurn, "an offer's row is ahead of its host's turn");
        }
        if (offer.counted) offered[offer.host] = v1::Outcome::RESULT_UNSPECIFIED;
      });
  if (found.has_value()) return found;
  const absl::Status read_outcomes = coordinator_.durable().ForEachOutcome(
      plan.rollout, [&](const coordinator::OutcomeRecord& record) {
        v1::Outcome outcome;
        const auto host = offered.find(record.host);
        if (host == offered.end() || !outcome.ParseFromString(record.outcome)) return;
        const bool is_end =
            outcome.kind() == v1::Outcome::INSTALL || outcome.kind() == v1::Outcome::ADOPT;
        if (is_end && outcome.result() != v1::Outcome::UNCHANGED) host->second = outcome.result();
      });
  if (!read_offers.ok() || !read_outcomes.ok()) {
    return Found(kCoordinatorsRows, "the store cannot be read");
  }
  Expected expected{.offered = offered.size()};
  for (const auto& [host, result] : offered) {
    if (result == v1::Outcome::RESULT_UNSPECIFIED) {
      ++expected.open;
    } else {
      ++(result == v1::Outcome::HEALTHY ? expected.healthy : expected.failed);
    }
  }
  v1::GetRolloutRequest request;
  request.set_name(plan.name);
  const absl::StatusOr<v1::Rollout> rollout =
      coordinator_.Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
        coordinator_.coordinator().rollouts().GetRollout(coordinator_.admin(), request,
                                                         std::move(done));
      });
  // One that an operator could not start yet, because the coordinator was down.
  if (!rollout.ok()) {
    if (offered.empty()) return std::nullopt;
    return Found(kCoordinatorsCounts, absl::StrCat(plan.name, " is not known any more"));
  }
  const v1::HostCounts& total = rollout->total();
  const Expected said{.offered = total.offered(),
                      .healthy = total.healthy(),
                      .failed = total.failed(),
                      .open = total.silent() + total.pending()};
  if (said.offered != said.healthy + said.failed + said.open || said != expected) {
    return Found(kCoordinatorsCounts,
                 absl::StrCat(plan.name, " counts ", said.Text(), "; its rows have ",
                              expected.Text(), " at ", absl::FormatDuration(now - world_.start())));
  }
  return std::nullopt;
}

std::optional<Finding> CoordinatorPromises::SaysAgain(size_t host, Promises& promises,
                                                      absl::Time now) {
  ++checked_;
  const std::map<std::string, v1::Outcome>& said = promises.OutcomesOf(host);
  if (said.empty() || said.size() > kMostOutcomes) return std::nullopt;
  v1::ReportRequest report;
  for (const auto& [attempt, outcome] : said) *report.add_outcomes() = outcome;
  for (const absl::string_view which : {"first", "second"}) {
    v1::Outcome& notice = *report.add_outcomes();
    const base::Digest attempt = base::Sha256Of(absl::StrCat(World::NameOf(host), which));
    notice.set_attempt(std::string(attempt.bytes().substr(0, base::kAttemptIdBytes)));
    notice.set_kind(v1::Outcome::NOTICE);
    notice.set_result(v1::Outcome::UNCHANGED);
    notice.set_stage(v1::Outcome::COMPLETE);
    notice.mutable_refusal()->set_code(v1::Refusal::CLOCK_JUMPED);
    notice.set_started_ms(absl::ToUnixMillis(now));
    notice.set_ended_ms(absl::ToUnixMillis(now));
    notice.set_count(1);
  }
  const absl::StatusOr<trust::x509::SpiffeId> id =
      trust::x509::SpiffeId::Loader(world_.documents().root().trust_domain(), world_.id(host));
  coordinator::Peer peer;
  peer.address = "192.0.2.3";
  if (id.ok()) peer.id = *id;
  peer.spki_digest = base::Sha256Of(world_.KeyOf(host).spki());
  const absl::StatusOr<v1::ReportAnswer> answer =
      coordinator_.Wait<v1::ReportAnswer>([&](Done<v1::ReportAnswer> done) {
        coordinator_.coordinator().loaders().Report(peer, report, std::move(done));
      });
  // A host that has another key by now cannot be spoken for here.
  if (!answer.ok()) return std::nullopt;
  promises.Reported(host, report);
  if (answer->acknowledged_attempts_size() != report.outcomes_size()) {
    return Found(kCoordinatorsCounts,
                 absl::StrCat("of ", report.outcomes_size(), " outcomes of ", World::NameOf(host),
                              " it acknowledges ", answer->acknowledged_attempts_size()));
  }
  return TakesReport(host, *answer);
}

std::optional<Finding> CoordinatorPromises::Host(size_t host, const Promises& promises,
                                                 absl::Time now) {
  ++checked_;
  if (std::optional<Finding> found = RowsOf(host, promises)) return found;
  return Inventory(host, promises, now);
}

std::optional<Finding> CoordinatorPromises::RowsOf(size_t host, const Promises& promises) {
  const std::map<std::string, v1::Outcome>& said = promises.OutcomesOf(host);
  if (said.size() > kMostOutcomes) return std::nullopt;
  const absl::StatusOr<std::vector<coordinator::OutcomeRecord>> rows =
      coordinator_.durable().ListOutcomes(world_.id(host), 0, 1'000);
  if (!rows.ok()) return Found(kCoordinatorsRows, "the store cannot be read");
  size_t matched = 0;
  for (const coordinator::OutcomeRecord& row : *rows) {
    v1::Outcome outcome;
    const auto known = said.find(std::string(row.attempt.bytes()));
    const bool is_it = known != said.end() && outcome.ParseFromString(row.outcome) &&
                       outcome.kind() == known->second.kind() &&
                       outcome.result() == known->second.result() &&
                       outcome.manifest_digest() == known->second.manifest_digest();
    if (!is_it) {
      return Found(kCoordinatorsCounts,
                   absl::StrCat("it has an outcome of ", World::NameOf(host),
                                " that the host never reported, or reported otherwise"));
    }
    ++matched;
  }
  if (matched == said.size()) return std::nullopt;
  return Found(kCoordinatorsCounts, absl::StrCat(World::NameOf(host), " reported ", said.size(),
                                                 " outcomes, and ", matched, " are there"));
}

// What operators see of it. (A host that never enrolled is not known.)
std::optional<Finding> CoordinatorPromises::Inventory(size_t host, const Promises& promises,
                                                      absl::Time now) {
  v1::ExplainHostRequest request;
  request.set_host(world_.id(host).ToHex());
  const absl::StatusOr<v1::Explanation> word =
      coordinator_.Wait<v1::Explanation>([&](Done<v1::Explanation> done) {
        coordinator_.coordinator().hosts().ExplainHost(coordinator_.admin(), request,
                                                       std::move(done));
      });
  const std::string name = World::NameOf(host);
  if (!word.ok()) {
    return Found(kCoordinatorsWord, absl::StrCat("it cannot explain ", name, ": ",
                                                 std::string(word.status().message())));
  }
  const std::optional<size_t> installed = promises.InstalledOn(host);
  const std::string is =
      installed.has_value() ? world_.documents().releases()[*installed].version : "";
  std::string said;
  for (const v1::HostRelease& release : word->host().releases()) {
    if (release.product() == kProduct) said = release.version();
  }
  if (said != is) {
    return Found(kCoordinatorsWord,
                 absl::StrCat("it says that ", name, " has '", said, "'; it has '", is, "'"));
  }
  // An offer may stay open for ever where its rollout was halted before the install could begin.
  const v1::Host::State state = word->host().state();
  const bool is_open = state == v1::Host::UPDATING && halted_.empty();
  // A disk that loses what it said was written, and then its power, makes a host repeat an answer
  // that is older than the last two: as its clone would.
  const bool may_be_flagged = world_.scenario().disk_faults.failing_ppm > 0;
  if (is_open || (state == v1::Host::FLAGGED && !may_be_flagged) || state == v1::Host::DISABLED ||
      state == v1::Host::REVOKED) {
    return Found(kCoordinatorsWord,
                 absl::StrCat("it says that ", name, " is ", v1::Host::State_Name(state),
                              ", and all that it did was reported"));
  }
  if (!installed.has_value() || ExpectedOn(world_, host, now) != installed) return std::nullopt;
  for (const v1::Verdict& verdict : word->verdicts()) {
    if (verdict.product() != kProduct) continue;
    if (verdict.answer() == v1::Verdict::HAS && verdict.version() == is) return std::nullopt;
    return Found(
        kCoordinatorsWord,
        absl::StrCat("it explains ", name, " by ", v1::Verdict::Answer_Name(verdict.answer()), " ",
                     verdict.version(), "; it has ", is, ", as its plan says"));
  }
  return Found(kCoordinatorsWord, absl::StrCat("it has no word on ", name));
}

}  // namespace mig::sim
