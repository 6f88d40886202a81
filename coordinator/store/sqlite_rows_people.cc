// The rows by which people and hosts come in, and the audit log.

#include "absl/strings/string_view.h"
#include "coordinator/store/sqlite_rows.h"

namespace mig::coordinator {

template <>
TableText TableOf<TokenRecord>() {
  return {"token",
          "number, secret_hash, uses, use_limit, created_at, expires_at, last_used_at, approval, "
          "labels, created_by, revoked"};
}

void Put(Run& run, const TokenRecord& record) {
  run.Null()
      .Digest(record.secret_hash)
      .Number(record.uses)
      .Number(record.limit)
      .Time(record.created_at)
      .Time(record.expires_at)
      .Time(record.last_used_at)
      .Number(static_cast<uint64_t>(record.approval))
      .OwnBlob(PackLabels(record.labels))
      .Text(record.created_by)
      .Number(record.revoked ? 1 : 0);
}

template <>
TokenRecord Take<TokenRecord>(Run& run) {
  TokenRecord record;
  record.number = run.TakeNumber();
  record.secret_hash = run.TakeDigest();
  record.uses = static_cast<uint32_t>(run.TakeNumber());
  record.limit = static_cast<uint32_t>(run.TakeNumber());
  record.created_at = run.TakeTime();
  record.expires_at = run.TakeTime();
  record.last_used_at = run.TakeTime();
  record.approval = run.TakeEnum(Approval::kManual);
  record.labels = UnpackLabels(run, run.TakeBytes());
  record.created_by = run.TakeBytes();
  record.revoked = run.TakeNumber() != 0;
  return record;
}

template <>
TableText TableOf<EnrollmentRecord>() {
  return {"enrollment",
          "number, id, state, host, token_number, csr, environment, machine, seen_address, "
          "asked_at, decided_at, decided_by, reason"};
}

void Put(Run& run, const EnrollmentRecord& record) {
  run.Null()
      .Id(record.id)
      .Number(static_cast<uint64_t>(record.state))
      .Id(record.host)
      .Number(record.token_number)
      .Blob(record.csr)
      .Blob(record.environment)
      .Digest(record.machine)
      .Text(record.seen_address)
      .Time(record.asked_at)
      .Time(record.decided_at)
      .Text(record.decided_by)
      .Text(record.reason);
}

template <>
EnrollmentRecord Take<EnrollmentRecord>(Run& run) {
  EnrollmentRecord record;
  record.number = run.TakeNumber();
  record.id = run.TakeId<EnrollmentId>();
  record.state = run.TakeEnum(EnrollmentState::kDenied);
  record.host = run.TakeId<HostId>();
  record.token_number = run.TakeNumber();
  record.csr = run.TakeBytes();
  record.environment = run.TakeBytes();
  record.machine = run.TakeDigest();
  record.seen_address = run.TakeBytes();
  record.asked_at = run.TakeTime();
  record.decided_at = run.TakeTime();
  record.decided_by = run.TakeBytes();
  record.reason = run.TakeBytes();
  return record;
}

template <>
TableText TableOf<OperatorRecord>() {
  return {"operator",
          "name, revision, roles, key_current, key_next, key_former, certificate_expires_at, "
          "created_at, revoked"};
}

void Put(Run& run, const OperatorRecord& record) {
  run.Text(record.name)
      .Number(record.revision)
      .Number(record.roles)
      .OptionalDigest(record.keys.current)
      .OptionalDigest(record.keys.next)
      .OptionalDigest(record.keys.former)
      .Time(record.certificate_expires_at)
      .Time(record.created_at)
      .Number(record.revoked ? 1 : 0);
}

template <>
OperatorRecord Take<OperatorRecord>(Run& run) {
  OperatorRecord record;
  record.name = run.TakeBytes();
  record.revision = run.TakeNumber();
  record.roles = static_cast<RoleBits>(run.TakeNumber());
  record.keys.current = run.TakeOptionalDigest();
  record.keys.next = run.TakeOptionalDigest();
  record.keys.former = run.TakeOptionalDigest();
  record.certificate_expires_at = run.TakeTime();
  record.created_at = run.TakeTime();
  record.revoked = run.TakeNumber() != 0;
  return record;
}

template <>
TableText TableOf<InviteRecord>() {
  return {"invite",
          "secret_hash, operator_name, created_at, expires_at, created_by, used_at, revoked"};
}

void Put(Run& run, const InviteRecord& record) {
  run.Digest(record.secret_hash)
      .Text(record.operator_name)
      .Time(record.created_at)
      .Time(record.expires_at)
      .Text(record.created_by)
      .Time(record.used_at)
      .Number(record.revoked ? 1 : 0);
}

template <>
InviteRecord Take<InviteRecord>(Run& run) {
  InviteRecord record;
  record.secret_hash = run.TakeDigest();
  record.operator_name = run.TakeBytes();
  record.created_at = run.TakeTime();
  record.expires_at = run.TakeTime();
  record.created_by = run.TakeBytes();
  record.used_at = run.TakeTime();
  record.revoked = run.TakeNumber() != 0;
  return record;
}

template <>
TableText TableOf<AuditRecord>() {
  return {"audit", "seq, at, actor, action, subject, reason, difference, prev, hash"};
}

void Put(Run& run, const AuditRecord& record) {
  run.Number(record.seq)
      .Time(record.entry.at)
      .Text(record.entry.actor)
      .Text(record.entry.action)
      .Text(record.entry.subject)
      .Text(record.entry.reason)
      .Text(record.entry.difference)
      .Digest(record.prev)
      .Digest(record.hash);
}

template <>
AuditRecord Take<AuditRecord>(Run& run) {
  AuditRecord record;
  record.seq = run.TakeNumber();
  record.entry.at = run.TakeTime();
  record.entry.actor = run.TakeBytes();
  record.entry.action = run.TakeBytes();
  record.entry.subject = run.TakeBytes();
  record.entry.reason = run.TakeBytes();
  record.entry.difference = run.TakeBytes();
  record.prev = run.TakeDigest();
  record.hash = run.TakeDigest();
  return record;
}

}  // namespace mig::coordinator
