#include "coordinator/handlers/operators/admin_self.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "coordinator/handlers/operators/cut_text.h"
#include "trust/refusal.h"
#include "trust/root_chain.h"

namespace mig::coordinator {
namespace {

using Result = v1::DoctorCheck;

// One confirmation raises the generation above any head that was shown, but not by more than this:
// a head beyond it is no honest one.
constexpr uint64_t kMostGenerationsAtOnce = 64;

v1::DoctorCheck Check(absl::string_view name, v1::DoctorCheck::Result result,
                      absl::string_view text, absl::string_view next_step) {
  v1::DoctorCheck check;
  check.set_name(std::string(name));
  check.set_result(result);
  check.set_text(std::string(CutText(text, 512)));
  if (result != Result::GOOD) check.set_next_step(std::string(next_step));
  return check;
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

// Good while there is more than `warn` left.
v1::DoctorCheck CheckEnd(absl::string_view name, absl::Time end, absl::Duration warn,
                         absl::Time now, absl::string_view next_step) {
  const auto result = end <= now ? Result::BAD : end - now < warn ? Result::WARNING : Result::GOOD;
  return Check(name, result, absl::StrCat(end <= now ? "ended " : "until ", TimeText(end)),
               next_step);
}

v1::DoctorCheck CheckStore(Fleet& fleet) {
  const absl::StatusOr<StoreMeta> meta = fleet.store().GetMeta();
  if (!meta.ok()) {
    return Check("store", Result::BAD, meta.status().message(), "look at its file and its disk");
  }
  if (absl::Status s = fleet.CheckNotBehind(); !s.ok()) {
    return Check("store", Result::BAD, s.message(), "migctl store confirm --reason WHY");
  }
  return Check("store", Result::GOOD,
               absl::StrCat("generation ", meta->generation, ", change ", meta->change), "");
}

v1::DoctorCheck CheckAudit(Fleet& fleet) {
  const absl::StatusOr<AuditHead> head = fleet.store().VerifyAudit();
  if (!head.ok()) {
    return Check("audit log", Result::BAD, head.status().message(), "migctl audit verify");
  }
  return Check("audit log", Result::GOOD, absl::StrCat(head->seq, " entries, the chain holds"), "");
}

v1::DoctorCheck CheckOnlineKey(const Snapshot& snapshot, const OnlineSigner& signer) {
  const trust::Role& role = snapshot.root()->role(trust::RoleKind::kOnline);
  const bool listed = std::ranges::any_of(role.keys, [&signer](const trust::RoleKey& key) {
    return key.key.id() == signer.public_key().id();
  });
  return Check(
      "online key", listed ? Result::GOOD : Result::BAD,
      absl::StrCat(trust::ShortId(signer.public_key().id()),
                   listed ? " is in root " : " is not in root ", snapshot.root()->version()),
      "sign a root that lists it, or give the coordinator the key that is listed");
}

v1::DoctorCheck CheckCa(absl::string_view name, const trust::x509::Certificate& ca,
                        const std::vector<base::Digest>& listed, absl::Time now) {
  if (std::ranges::find(listed, ca.spki_digest()) == listed.end()) {
    return Check(name, Result::BAD, "its key is not in the newest root",
                 "sign a root that lists it (migctl root new)");
  }
  return CheckEnd(name, ca.not_after(), absl::Hours(24 * 180), now,
                  "make another one and a root that lists both");
}

v1::DoctorCheck CheckBlobs(const BlobStore& blobs) {
  const BlobStats stats = blobs.stats();
  if (stats.damaged > 0) {
    return Check("blobs", Result::BAD, absl::StrCat(stats.damaged, " contents are damaged"),
                 "publish their releases again");
  }
  return Check("blobs", Result::GOOD,
               absl::StrCat(stats.blobs, " contents, ", stats.bytes, " bytes"), "");
}

// Plans that stand and have to be signed again (a quiet fleet once a quarter).
v1::DoctorCheck CheckPlans(const Snapshot& snapshot, absl::Time now) {
  for (const rollout::StreamPlans& plans : snapshot.decidable().streams) {
    const trust::Plan& plan = plans.newest->plan();
    const absl::Time stale = plan.head().issued + snapshot.root()->plan_rules().max_plan_age;
    const absl::Time end = std::min(stale, plan.baseline_until().value_or(stale));
    if (end - now >= base::kBaselineWarning) continue;
    if (plans.state == rollout::RolloutState::kNotStarted) continue;
    return CheckEnd("plans", end, base::kBaselineWarning, now,
                    absl::StrCat("sign a new plan of stream ", plan.stream()));
  }
  return Check("plans", Result::GOOD,
               absl::StrCat(snapshot.decidable().streams.size(), " streams have a plan"), "");
}

v1::DoctorCheck CheckClock(const Snapshot& snapshot, absl::Time now) {
  const bool behind = now < snapshot.newest_issued();
  return Check("clock", behind ? Result::BAD : Result::GOOD,
               behind
                   ? absl::StrCat("it is ", TimeText(now), " here, and a document was signed at ",
                                  TimeText(snapshot.newest_issued()))
                   : TimeText(now),
               "set the clock of the coordinator");
}

}  // namespace

void AdminSelf::Doctor(const Peer& peer, const v1::DoctorRequest&, Done<v1::DoctorAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "Doctor");
  if (!caller.ok()) return done(caller.status());
  const absl::Time now = caller->now;
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const trust::Root& root = *snapshot->root();

  v1::DoctorAnswer answer;
  answer.set_coordinator_version(self_.version);
  answer.set_root_version(root.version());
  *answer.add_checks() = CheckStore(fleet_);
  *answer.add_checks() = CheckAudit(fleet_);
  *answer.add_checks() = CheckEnd("root", root.expires(), absl::Hours(24 * 30), now,
                                  "sign its successor (migctl root new)");
  if (root.IsTrial()) {
    *answer.add_checks() = Check("trial", Result::WARNING, "TRIAL ROOT 1 of 1",
                                 "a production fleet has a root by several people");
  }
  *answer.add_checks() = CheckOnlineKey(*snapshot, signer_);
  *answer.add_checks() =
      CheckCa("loaders' CA", issuer_.loaders_ca(), root.loader_ca_spki_digests(), now);
  *answer.add_checks() =
      CheckCa("operators' CA", issuer_.operators_ca(), root.operator_ca_spki_digests(), now);
  if (self_.server_certificate_expires.has_value()) {
    *answer.add_checks() =
        CheckEnd("server certificate", *self_.server_certificate_expires, absl::Hours(24 * 14), now,
                 "make another one (migctl ca issue)");
  }
  *answer.add_checks() = CheckBlobs(blobs_);
  *answer.add_checks() = CheckPlans(*snapshot, now);
  *answer.add_checks() = CheckClock(*snapshot, now);
  done(std::move(answer));
}

void AdminSelf::ConfirmStore(const Peer& peer, const v1::ConfirmStoreRequest& request,
                             Done<v1::ConfirmStoreAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ConfirmStore");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = CheckReason(request.why().reason(), Needed::kYes); !s.ok()) return done(s);
  const uint64_t ours = fleet_.position().generation;
  const std::optional<trust::HeadPosition> shown = fleet_.shown_ahead();
  const uint64_t wanted = std::max(ours, shown.has_value() ? shown->generation : 0) + 1;
  if (wanted - ours > kMostGenerationsAtOnce) {
    return done(
        trust::Refuse(v1::Refusal::BOUND,
                      absl::StrCat("a host showed generation ", wanted - 1, ", this store is at ",
                                   ours, ": the online key may be in other hands")));
  }
  WriteBatch batch;
  for (uint64_t generation = ours; generation < wanted; ++generation) {
    batch.push_back(RaiseGeneration{.expected = generation});
  }
  batch.push_back(AppendAudit{AuditOf(*caller, "store.confirm", "", request.why().reason(),
                                      absl::StrCat("generation ", ours, " -> ", wanted))});
  fleet_.Append(std::move(batch), [this, done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    if (!written.ok()) return done(written.status());
    v1::ConfirmStoreAnswer answer;
    answer.set_generation(fleet_.position().generation);
    answer.add_review(
        "rollouts: whatever was halted after the backup runs again; migctl rollout "
        "list");
    answer.add_review(
        "hosts: whoever was revoked after the backup is let in again; migctl host "
        "list");
    answer.add_review("tokens: uses after the backup are not counted; migctl enroll token list");
    done(std::move(answer));
  });
}

}  // namespace mig::coordinator
