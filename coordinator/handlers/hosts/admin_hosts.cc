#include "coordinator/handlers/hosts/admin_hosts.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "coordinator/handlers/check_in/check_in_summary.h"
#include "coordinator/handlers/hosts/host_lookup.h"
#include "rollout/filter.h"
#include "trust/names.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

constexpr int kTries = 3;

absl::Status CheckLabel(const v1::Tag& label) {
  const bool fits = trust::IsTagName(label.name()) &&
                    label.value().size() <= base::kMaxLabelBytes &&
                    base::CheckText(label.value()).ok();
  if (fits) return absl::OkStatus();
  return trust::Refuse(v1::Refusal::MALFORMED,
                       absl::StrCat("label '", base::Escaped(label.name(), 64),
                                    "': a name is [a-z][a-z0-9_-]{0,63}, a value one line of at "
                                    "most ",
                                    base::kMaxLabelBytes, " bytes"));
}

}  // namespace

HostKnowledge AdminHosts::KnownHost::Knowledge() const {
  return {.record = record,
          .entry = entry,
          .seen = seen.has_value() ? &*seen : nullptr,
          .said = said.has_value() ? &*said : nullptr};
}

absl::StatusOr<AdminHosts::KnownHost> AdminHosts::Know(absl::string_view name) {
  MIG_ASSIGN_OR_RETURN(const HostId id, FindHost(fleet_, name));
  KnownHost known;
  MIG_ASSIGN_OR_RETURN(known.record, fleet_.store().GetHost(id));
  known.entry = fleet_.hosts().Find(id).value_or(HostEntry{.id = id});
  absl::StatusOr<HostSeenRecord> seen = fleet_.LastSeen(id);
  if (seen.ok()) {
    known.seen = *std::move(seen);
    known.said = SaidIn(&*known.seen);
  } else if (!absl::IsNotFound(seen.status())) {
    return seen.status();
  }
  return known;
}

absl::StatusOr<v1::Host> AdminHosts::Line(const HostId& id, absl::Time now) {
  MIG_ASSIGN_OR_RETURN(const KnownHost known, Know(id.ToHex()));
  return LineOf(known.Knowledge(), *fleet_.snapshot(), now);
}

void AdminHosts::GetHost(const Peer& peer, const v1::GetHostRequest& request,
                         Done<v1::HostDetails> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "GetHost");
  if (!caller.ok()) return done(caller.status());
  const absl::StatusOr<KnownHost> host = Know(request.host());
  if (!host.ok()) return done(host.status());
  const absl::StatusOr<std::vector<OutcomeRecord>> outcomes =
      fleet_.store().ListOutcomes(host->record.id, 0, base::kMaxOutcomesShown);
  if (!outcomes.ok()) return done(outcomes.status());
  const absl::StatusOr<std::vector<CertificateRecord>> certificates =
      fleet_.store().ListCertificates(host->record.id, 1);
  if (!certificates.ok()) return done(certificates.status());

  v1::HostDetails details;
  *details.mutable_host() = LineOf(host->Knowledge(), *fleet_.snapshot(), caller->now);
  details.set_enrolled_ms(absl::ToUnixMillis(host->record.enrolled_at));
  details.set_machine(std::string(host->record.machine.bytes()));
  if (!certificates->empty()) {
    details.set_certificate_expires_ms(absl::ToUnixMillis(certificates->front().expires_at));
  }
  if (host->said.has_value()) {
    *details.mutable_environment() = host->said->environment();
    *details.mutable_local_manifest() = host->said->local_manifest();
    *details.mutable_products() = host->said->products();
    *details.mutable_streams() = host->said->streams();
    details.set_root_version(host->said->root_version());
  }
  // As many as can be received.
  constexpr size_t kMostBytes = base::kMaxGrpcMessageBytes - 16 * base::kKiB;
  size_t bytes = details.ByteSizeLong();
  for (const OutcomeRecord& record : *outcomes) {
    bytes += record.outcome.size() + 32;
    if (bytes > kMostBytes) break;
    v1::HostOutcome& outcome = *details.add_outcomes();
    if (!outcome.mutable_outcome()->ParseFromString(record.outcome)) continue;
    outcome.set_received_ms(absl::ToUnixMillis(record.received_at));
    outcome.set_uncounted(record.rollout.has_value() && !record.counted);
  }
  done(std::move(details));
}

void AdminHosts::Update(Caller caller, const HostId& host, Change change, int tries_left,
                        Done<v1::Host> done) {
  absl::StatusOr<HostRecord> record = fleet_.store().GetHost(host);
  if (!record.ok()) return done(record.status());
  absl::StatusOr<AuditEntry> audit = change(*record);
  if (!audit.ok()) return done(audit.status());
  WriteBatch batch = {UpdateHost{*std::move(record)}, AppendAudit{*std::move(audit)}};
  fleet_.Append(std::move(batch), [this, caller = std::move(caller), host,
                                   change = std::move(change), tries_left, done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    if (absl::IsAborted(written.status()) && tries_left > 1) {
      return Update(std::move(caller), host, std::move(change), tries_left - 1, std::move(done));
    }
    if (!written.ok()) return done(written.status());
    done(Line(host, caller.now));
  });
}

void AdminHosts::PinHost(const Peer& peer, const v1::PinHostRequest& request, Done<v1::Host> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "PinHost");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = CheckReason(request.why().reason(), Needed::kNo); !s.ok()) return done(s);
  const absl::StatusOr<rollout::Filter> filter =
      rollout::Filter::Parse(request.filter(), rollout::FieldSet::kWhere);
  if (!filter.ok()) return done(filter.status());
  const absl::StatusOr<HostId> host = FindHost(fleet_, request.host());
  if (!host.ok()) return done(host.status());
  const auto pin = [caller = *caller, text = filter->text(),
                    reason = request.why().reason()](HostRecord& record) {
    const std::string before = std::exchange(record.expected_environment, text);
    return AuditOf(caller, "host.pin", record.id.ToHex(), reason,
                   absl::StrCat("'", before, "' -> '", text, "'"));
  };
  Update(*caller, *host, pin, kTries, std::move(done));
}

void AdminHosts::DisableHost(const Peer& peer, const v1::DisableHostRequest& request,
                             Done<v1::Host> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "DisableHost");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = CheckReason(request.why().reason(), Needed::kYes); !s.ok()) return done(s);
  const bool disable = request.change() == v1::DisableHostRequest::DISABLE;
  if (!disable && request.change() != v1::DisableHostRequest::ENABLE) {
    return done(trust::Refuse(v1::Refusal::MALFORMED, "say whether to disable or to enable"));
  }
  const absl::StatusOr<HostId> host = FindHost(fleet_, request.host());
  if (!host.ok()) return done(host.status());
  const auto change = [caller = *caller, disable, reason = request.why().reason()](
                          HostRecord& record) -> absl::StatusOr<AuditEntry> {
    if (record.state == HostState::kRevoked) {
      return trust::Refuse(v1::Refusal::REVOKED,
                           "this host was revoked, which is for ever; it has to enroll anew");
    }
    record.state = disable ? HostState::kDisabled : HostState::kEnabled;
    if (!disable) record.clones_seen = 0;
    return AuditOf(caller, disable ? "host.disable" : "host.enable", record.id.ToHex(), reason, "");
  };
  Update(*caller, *host, change, kTries, std::move(done));
}

void AdminHosts::LabelHost(const Peer& peer, const v1::LabelHostRequest& request,
                           Done<v1::Host> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "LabelHost");
  if (!caller.ok()) return done(caller.status());
  for (const v1::Tag& label : request.set()) {
    if (absl::Status s = CheckLabel(label); !s.ok()) return done(s);
  }
  const absl::StatusOr<HostId> host = FindHost(fleet_, request.host());
  if (!host.ok()) return done(host.status());
  const auto change = [caller = *caller,
                       request](HostRecord& record) -> absl::StatusOr<AuditEntry> {
    std::map<std::string, std::string> labels;
    for (const Label& label : record.labels) labels[label.name] = label.value;
    std::string difference;
    for (const std::string& name : request.remove()) {
      if (labels.erase(name) > 0) absl::StrAppend(&difference, "-", name, " ");
    }
    for (const v1::Tag& label : request.set()) {
      labels[label.name()] = label.value();
      absl::StrAppend(&difference, "+", label.name(), "=", label.value(), " ");
    }
    if (labels.size() > base::kMaxLabels) {
      return trust::Refuse(v1::Refusal::BOUND,
                           absl::StrCat("a host has at most ", base::kMaxLabels, " labels"));
    }
    record.labels.clear();
    for (const auto& [name, value] : labels) record.labels.push_back({name, value});
    return AuditOf(caller, "host.label", record.id.ToHex(), "", difference);
  };
  Update(*caller, *host, change, kTries, std::move(done));
}

void AdminHosts::RevokeHosts(const Peer& peer, const v1::RevokeHostsRequest& request,
                             Done<v1::RevokeHostsAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "RevokeHosts");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = CheckReason(request.why().reason(), Needed::kYes); !s.ok()) return done(s);
  if (request.hosts().empty()) {
    return done(trust::Refuse(v1::Refusal::MALFORMED, "say which hosts"));
  }
  if (request.hosts_size() > static_cast<int>(base::kMaxRevokedByOne)) {
    return done(trust::Refuse(
        v1::Refusal::SECOND_PERSON,
        absl::StrCat(request.hosts_size(), " hosts: above ", base::kMaxRevokedByOne,
                     " a second person has to approve, which comes with the rollout gates; until "
                     "then revoke them in parts")));
  }
  std::set<HostId> ids;
  for (const std::string& name : request.hosts()) {
    const absl::StatusOr<HostId> id = FindHost(fleet_, name);
    if (!id.ok()) return done(id.status());
    ids.insert(*id);
  }
  WriteBatch batch;
  for (const HostId& id : ids) {
    absl::StatusOr<HostRecord> record = fleet_.store().GetHost(id);
    if (!record.ok()) return done(record.status());
    record->state = HostState::kRevoked;
    batch.push_back(UpdateHost{*std::move(record)});
    batch.push_back(
        AppendAudit{AuditOf(*caller, "host.revoke", id.ToHex(), request.why().reason(), "")});
  }
  fleet_.Append(std::move(batch),
                [this, ids = std::move(ids), now = caller->now,
                 done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
                  if (!written.ok()) return done(written.status());
                  v1::RevokeHostsAnswer answer;
                  for (const HostId& id : ids) {
                    absl::StatusOr<v1::Host> line = Line(id, now);
                    if (!line.ok()) return done(line.status());
                    *answer.add_hosts() = *std::move(line);
                  }
                  done(std::move(answer));
                });
}

void AdminHosts::MergeHosts(const Peer& peer, const v1::MergeHostsRequest&, Done<v1::Host> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "MergeHosts");
  if (!caller.ok()) return done(caller.status());
  done(
      absl::UnimplementedError("merging two identities comes with the dashboard's inventory; until "
                               "then revoke the old one"));
}

}  // namespace mig::coordinator
