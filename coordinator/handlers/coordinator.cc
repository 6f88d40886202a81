#include "coordinator/handlers/coordinator.h"

#include <utility>

#include "base/sizes.h"
#include "base/status_macros.h"

namespace mig::coordinator {
namespace {

// How long a decided or forgotten enrollment, and an expired certificate, stay in the store.
constexpr absl::Duration kEnrollmentsKept = absl::Hours(24 * 7);
constexpr absl::Duration kCertificatesKept = absl::Hours(24 * 180);
constexpr absl::Duration kForgetEvery = absl::Hours(1);

}  // namespace

absl::StatusOr<std::unique_ptr<Coordinator>> Coordinator::Start(const CoordinatorParts& parts,
                                                                CoordinatorOptions options) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<Fleet> fleet, Fleet::Open(parts.store, options.roots));
  return std::unique_ptr<Coordinator>(new Coordinator(parts, std::move(options), std::move(fleet)));
}

Coordinator::Coordinator(const CoordinatorParts& parts, CoordinatorOptions options,
                         std::unique_ptr<Fleet> fleet)
    : clock_(parts.clock),
      owned_fleet_(std::move(fleet)),
      fleet_(*owned_fleet_),
      signer_(parts.online_key),
      tickets_(parts.random, parts.clock.WallNow()),
      issuer_(parts.loaders_ca, parts.operators_ca, parts.random),
      host_limiter_(options.host_limits),
      census_(fleet_),
      door_(fleet_, parts.clock),
      loaders_(fleet_, parts.blobs, signer_, tickets_, issuer_, host_limiter_, parts.clock,
               parts.random, options.loaders),
      enrollment_(fleet_, issuer_, host_limiter_, parts.clock, parts.random, options.enrollment),
      documents_(fleet_, parts.blobs, census_, door_),
      rollouts_(fleet_, parts.blobs, census_, door_),
      hosts_(fleet_, door_),
      tokens_(fleet_, door_, parts.random),
      people_(fleet_, door_, issuer_, parts.random),
      self_(fleet_, parts.blobs, signer_, issuer_, door_, std::move(options.self)) {}

void Coordinator::Tick() {
  const absl::Time now = clock_.WallNow();
  fleet_.seen().Tick(now);
  tickets_.Tick(now);
  if (now - forgotten_at_ < kForgetEvery) return;
  forgotten_at_ = now;
  fleet_.Append({ForgetOld{.enrollments_asked_before = now - kEnrollmentsKept,
                           .certificates_expired_before = now - kCertificatesKept}},
                [](const absl::StatusOr<Written>&) {});
}

void Coordinator::RecordFirstInvite(const base::Digest& secret_hash,
                                    absl::string_view operator_name, RoleBits roles,
                                    Done<bool> done) {
  const absl::StatusOr<InviteRecord> known = fleet_.store().GetInvite(secret_hash);
  if (known.ok()) return done(false);
  if (!absl::IsNotFound(known.status())) return done(known.status());
  const absl::Time now = clock_.WallNow();
  WriteBatch batch;
  absl::StatusOr<OperatorIndex::Known> person = fleet_.operators().Find(operator_name);
  if (person.ok()) {
    person->record.roles |= roles;
    // Who was revoked comes back by the invitation alone, not with a key of before.
    if (std::exchange(person->record.revoked, false)) person->record.keys = {};
    batch.push_back(UpdateOperator{std::move(person->record)});
  } else {
    OperatorRecord record;
    record.name = std::string(operator_name);
    record.roles = roles;
    record.created_at = now;
    batch.push_back(InsertOperator{std::move(record)});
  }
  batch.push_back(InsertInvite{{.secret_hash = secret_hash,
                                .operator_name = std::string(operator_name),
                                .created_at = now,
                                .expires_at = now + base::kDefaultTokenLife}});
  batch.push_back(AppendAudit{{.at = now,
                               .action = "operator.invite",
                               .subject = std::string(operator_name),
                               .reason = "from the file of mig-coordinator init"}});
  fleet_.Append(std::move(batch),
                [done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
                  if (!written.ok()) return done(written.status());
                  done(true);
                });
}

}  // namespace mig::coordinator
