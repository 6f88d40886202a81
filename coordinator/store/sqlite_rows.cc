#include "coordinator/store/sqlite_rows.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/endian.h"

namespace mig::coordinator {
namespace {

void PutKeys(Run& run, const AllowedKeys& keys) {
  run.OptionalDigest(keys.current).OptionalDigest(keys.next).OptionalDigest(keys.former);
}

AllowedKeys TakeKeys(Run& run) {
  AllowedKeys keys;
  keys.current = run.TakeOptionalDigest();
  keys.next = run.TakeOptionalDigest();
  keys.former = run.TakeOptionalDigest();
  return keys;
}

// Binds a value that must live until the statement ran: SQLite copies it.
void PutLabels(Run& run, const std::vector<Label>& labels) { run.OwnBlob(PackLabels(labels)); }

std::vector<Label> TakeLabels(Run& run) { return UnpackLabels(run, run.TakeBytes()); }

void PutRollout(Run& run, const std::optional<RolloutId>& rollout) {
  rollout.has_value() ? run.Id(*rollout) : run.Null();
}

std::optional<RolloutId> TakeRollout(Run& run) {
  if (!run.NextIsNull()) return run.TakeId<RolloutId>();
  run.Skip();
  return std::nullopt;
}

// Reads u32be length and bytes off the front of `bytes`; false if they are not there.
bool TakePart(absl::string_view& bytes, std::string& part) {
  if (bytes.size() < 4) return false;
  const size_t size = base::ReadU32Be(bytes.substr(0, 4));
  if (bytes.size() - 4 < size) return false;
  part = std::string(bytes.substr(4, size));
  bytes.remove_prefix(4 + size);
  return true;
}

}  // namespace

std::string InsertSql(const TableText& text) {
  return absl::StrCat("INSERT INTO ", text.table, " (", text.columns, ") VALUES (",
                      QuestionMarks(text), ")");
}

std::string SelectSql(const TableText& text) {
  return absl::StrCat("SELECT ", text.columns, " FROM ", text.table, " ");
}

std::string QuestionMarks(const TableText& text) {
  std::string marks = "?";
  for (auto i = std::count(text.columns.begin(), text.columns.end(), ','); i > 0; --i) {
    absl::StrAppend(&marks, ", ?");
  }
  return marks;
}

std::string PackLabels(const std::vector<Label>& labels) {
  std::string packed;
  for (const Label& label : labels) {
    for (const std::string* part : {&label.name, &label.value}) {
      base::AppendU32Be(packed, static_cast<uint32_t>(part->size()));
      packed += *part;
    }
  }
  return packed;
}

std::vector<Label> UnpackLabels(Run& run, absl::string_view bytes) {
  std::vector<Label> labels;
  while (!bytes.empty()) {
    Label label;
    if (!TakePart(bytes, label.name) || !TakePart(bytes, label.value)) {
      run.Spoil("labels");
      return {};
    }
    labels.push_back(std::move(label));
  }
  return labels;
}

template <>
TableText TableOf<HostRecord>() {
  return {"host",
          "id, revision, state, key_current, key_next, key_former, name, labels, "
          "expected_environment, machine, enrolled_at, token_number, clones_seen"};
}

void Put(Run& run, const HostRecord& record) {
  run.Id(record.id).Number(record.revision).Number(static_cast<uint64_t>(record.state));
  PutKeys(run, record.keys);
  run.Text(record.name);
  PutLabels(run, record.labels);
  run.Text(record.expected_environment)
      .Digest(record.machine)
      .Time(record.enrolled_at)
      .Number(record.token_number)
      .Number(record.clones_seen);
}

template <>
HostRecord Take<HostRecord>(Run& run) {
  HostRecord record;
  record.id = run.TakeId<HostId>();
  record.revision = run.TakeNumber();
  record.state = run.TakeEnum(HostState::kRevoked);
  record.keys = TakeKeys(run);
  record.name = run.TakeBytes();
  record.labels = TakeLabels(run);
  record.expected_environment = run.TakeBytes();
  record.machine = run.TakeDigest();
  record.enrolled_at = run.TakeTime();
  record.token_number = run.TakeNumber();
  record.clones_seen = static_cast<uint32_t>(run.TakeNumber());
  return record;
}

template <>
TableText TableOf<HostSeenRecord>() {
  return {"host_seen",
          "id, last_seen, seen_address, environment, summary, machine, answer_issued, "
          "answer_returned"};
}

void Put(Run& run, const HostSeenRecord& record) {
  run.Id(record.id)
      .Time(record.last_seen)
      .Text(record.seen_address)
      .Blob(record.environment)
      .Blob(record.summary)
      .Digest(record.machine)
      .Id(record.answer_issued)
      .Id(record.answer_returned);
}

template <>
HostSeenRecord Take<HostSeenRecord>(Run& run) {
  HostSeenRecord record;
  record.id = run.TakeId<HostId>();
  record.last_seen = run.TakeTime();
  record.seen_address = run.TakeBytes();
  record.environment = run.TakeBytes();
  record.summary = run.TakeBytes();
  record.machine = run.TakeDigest();
  record.answer_issued = run.TakeId<AnswerId>();
  record.answer_returned = run.TakeId<AnswerId>();
  return record;
}

template <>
TableText TableOf<CertificateRecord>() {
  return {"certificate", "serial, host, spki, issued_at, expires_at"};
}

void Put(Run& run, const CertificateRecord& record) {
  run.Blob(record.serial)
      .Id(record.host)
      .Digest(record.spki)
      .Time(record.issued_at)
      .Time(record.expires_at);
}

template <>
CertificateRecord Take<CertificateRecord>(Run& run) {
  CertificateRecord record;
  record.serial = run.TakeBytes();
  record.host = run.TakeId<HostId>();
  record.spki = run.TakeDigest();
  record.issued_at = run.TakeTime();
  record.expires_at = run.TakeTime();
  return record;
}

template <>
TableText TableOf<OfferRecord>() {
  return {"offer", "rollout, host, kind, wave, at, plan, counted"};
}

void Put(Run& run, const OfferRecord& record) {
  run.Id(record.rollout)
      .Id(record.host)
      .Number(static_cast<uint64_t>(record.kind))
      .Number(record.wave)
      .Time(record.at)
      .Digest(record.plan)
      .Number(record.counted ? 1 : 0);
}

template <>
OfferRecord Take<OfferRecord>(Run& run) {
  OfferRecord record;
  record.rollout = run.TakeId<RolloutId>();
  record.host = run.TakeId<HostId>();
  record.kind = run.TakeEnum(OfferKind::kBaseline);
  record.wave = static_cast<uint32_t>(run.TakeNumber());
  record.at = run.TakeTime();
  record.plan = run.TakeDigest();
  record.counted = run.TakeNumber() != 0;
  return record;
}

template <>
TableText TableOf<OutcomeRecord>() {
  return {"outcome", "number, host, attempt, rollout, received_at, counted, outcome"};
}

void Put(Run& run, const OutcomeRecord& record) {
  run.Null().Id(record.host).Id(record.attempt);
  PutRollout(run, record.rollout);
  run.Time(record.received_at).Number(record.counted ? 1 : 0).Blob(record.outcome);
}

template <>
OutcomeRecord Take<OutcomeRecord>(Run& run) {
  OutcomeRecord record;
  record.number = run.TakeNumber();
  record.host = run.TakeId<HostId>();
  record.attempt = run.TakeId<AttemptId>();
  record.rollout = TakeRollout(run);
  record.received_at = run.TakeTime();
  record.counted = run.TakeNumber() != 0;
  record.outcome = run.TakeBytes();
  return record;
}

template <>
TableText TableOf<RolloutEvent>() {
  return {"rollout_event", "rollout, seq, kind, at, plan, wave, actor, reason, detail"};
}

void Put(Run& run, const RolloutEvent& record) {
  run.Id(record.rollout)
      .Number(record.seq)
      .Number(static_cast<uint64_t>(record.kind))
      .Time(record.at)
      .Digest(record.plan)
      .Number(record.wave)
      .Text(record.actor)
      .Text(record.reason)
      .Blob(record.detail);
}

template <>
RolloutEvent Take<RolloutEvent>(Run& run) {
  RolloutEvent record;
  record.rollout = run.TakeId<RolloutId>();
  record.seq = run.TakeNumber();
  record.kind = run.TakeEnum(RolloutEventKind::kEnded);
  record.at = run.TakeTime();
  record.plan = run.TakeDigest();
  record.wave = static_cast<uint32_t>(run.TakeNumber());
  record.actor = run.TakeBytes();
  record.reason = run.TakeBytes();
  record.detail = run.TakeBytes();
  return record;
}

template <>
TableText TableOf<DocumentRecord>() {
  return {"document",
          "digest, revision, type, state, envelope, line, epoch, sequence, title, rollout, "
          "issued_at, added_at, added_by"};
}

void Put(Run& run, const DocumentRecord& record) {
  run.Digest(record.digest)
      .Number(record.revision)
      .Number(static_cast<uint64_t>(record.type))
      .Number(static_cast<uint64_t>(record.state))
      .Blob(record.envelope)
      .Text(record.line)
      .Number(record.epoch)
      .Number(record.sequence)
      .Text(record.title);
  PutRollout(run, record.rollout);
  run.Time(record.issued_at).Time(record.added_at).Text(record.added_by);
}

template <>
DocumentRecord Take<DocumentRecord>(Run& run) {
  DocumentRecord record;
  record.digest = run.TakeDigest();
  record.revision = run.TakeNumber();
  record.type = run.TakeEnum(DocumentType::kPlan);
  record.state = run.TakeEnum(DocumentState::kComplete);
  record.envelope = run.TakeBytes();
  record.line = run.TakeBytes();
  record.epoch = run.TakeNumber();
  record.sequence = run.TakeNumber();
  record.title = run.TakeBytes();
  record.rollout = TakeRollout(run);
  record.issued_at = run.TakeTime();
  record.added_at = run.TakeTime();
  record.added_by = run.TakeBytes();
  return record;
}

}  // namespace mig::coordinator
