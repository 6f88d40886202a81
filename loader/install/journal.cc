#include "loader/install/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/endian.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/whole_file.h"
#include "proto/mig/v1/local_state.pb.h"
#include "trust/names.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kMagic = "MIGJRNL1";
constexpr size_t kHeadBytes = 8 + 4;  // magic, length
constexpr uint32_t kFormat = 1;
constexpr size_t kMaxFiles = base::kMaxJournalFiles;
constexpr uint32_t kMaxMode = 07777;
constexpr size_t kMaxAttributeNameBytes = 255;  // both as the kernel's
constexpr size_t kMaxAttributeBytes = 64 * base::kKiB;
constexpr uint32_t kJournalMode = 0600;
// With magic, length and checksum.
constexpr uint64_t kMaxFileBytes = base::kMaxJournalBytes + 64;
constexpr size_t kRoomForGoingBack = base::kMaxAgentOutputBytes + base::kKiB;

absl::Status Damaged(absl::string_view what) {
  return trust::Refuse(v1::Refusal::JOURNAL_DAMAGED,
                       absl::StrCat("the journal is damaged: ", what));
}

v1::FileFacts ToMessage(const FileFacts& facts) {
  v1::FileFacts message;
  message.set_sha256(std::string(facts.digest.bytes()));
  message.set_size_bytes(facts.size_bytes);
  message.set_mode(facts.mode);
  message.set_uid(facts.uid);
  message.set_gid(facts.gid);
  for (const auto& [name, value] : facts.attributes) {
    v1::FileAttribute& attribute = *message.add_attributes();
    attribute.set_name(name);
    attribute.set_value(value);
  }
  return message;
}

v1::JournalFile ToMessage(const JournalFile& file) {
  v1::JournalFile message;
  message.set_name(file.name);
  message.set_directory(file.directory);
  message.set_file_name(file.file_name);
  message.set_staged_name(file.staged_name);
  message.set_kept_name(file.kept_name);
  if (file.before) *message.mutable_old_facts() = ToMessage(*file.before);
  if (file.after) *message.mutable_new_facts() = ToMessage(*file.after);
  return message;
}

v1::Journal ToMessage(const Journal& journal) {
  const TransactionFacts& facts = journal.facts;
  v1::Journal message;
  message.set_format(kFormat);
  message.set_transaction_id(std::string(facts.id.bytes()));
  message.set_host_id(std::string(facts.host_id.bytes()));
  message.set_phase(static_cast<v1::Journal::Phase>(journal.phase));
  message.set_kind(facts.kind);
  message.set_product(facts.product);
  if (facts.from) *message.mutable_from() = trust::ToMessage(*facts.from);
  *message.mutable_to() = trust::ToMessage(facts.to);
  if (facts.plan) message.set_plan_digest(std::string(facts.plan->bytes()));
  message.set_plan_issued_ms(absl::ToUnixMillis(facts.plan_issued));
  if (facts.rollout) message.set_rollout(std::string(facts.rollout->bytes()));
  message.set_boot_id(std::string(facts.boot.bytes()));
  message.set_started_ms(absl::ToUnixMillis(facts.started));
  for (const JournalFile& file : journal.files) *message.add_files() = ToMessage(file);
  if (journal.refusal) *message.mutable_refusal() = *journal.refusal;
  message.set_agent_output(journal.agent_output);
  return message;
}

absl::StatusOr<FileFacts> FromMessage(const v1::FileFacts& message) {
  FileFacts facts;
  MIG_ASSIGN_OR_RETURN(facts.digest, base::Digest::FromBytes(message.sha256()));
  if (message.size_bytes() > base::kMaxComponentBytes || message.mode() > kMaxMode) {
    return Damaged("a file's size or mode is out of bounds");
  }
  facts.size_bytes = message.size_bytes();
  facts.mode = message.mode();
  facts.uid = message.uid();
  facts.gid = message.gid();
  for (const v1::FileAttribute& attribute : message.attributes()) {
    const bool is_bounded = !attribute.name().empty() &&
                            attribute.name().size() <= kMaxAttributeNameBytes &&
                            attribute.value().size() <= kMaxAttributeBytes;
    const bool is_sorted =
        facts.attributes.empty() || facts.attributes.rbegin()->first < attribute.name();
    if (!is_bounded || !is_sorted) return Damaged("a file's attributes");
    facts.attributes[attribute.name()] = attribute.value();
  }
  return facts;
}

absl::StatusOr<JournalFile> FromMessage(const v1::JournalFile& message) {
  JournalFile file;
  file.name = message.name();
  file.directory = message.directory();
  file.file_name = message.file_name();
  file.staged_name = message.staged_name();
  file.kept_name = message.kept_name();
  if (!trust::IsComponentName(file.name)) return Damaged("a component's name");
  MIG_RETURN_IF_ERROR(base::SplitPath(file.directory).status());
  MIG_RETURN_IF_ERROR(base::CheckName(file.file_name));
  if (message.has_old_facts()) {
    MIG_ASSIGN_OR_RETURN(file.before, FromMessage(message.old_facts()));
  }
  if (message.has_new_facts()) {
    MIG_ASSIGN_OR_RETURN(file.after, FromMessage(message.new_facts()));
    MIG_RETURN_IF_ERROR(base::CheckName(file.staged_name));
  }
  if (file.before == file.after) return Damaged("a file that does not change");
  const bool is_kept_below = file.kept_name.empty() || absl::StartsWith(file.kept_name, "kept/");
  if (!is_kept_below || file.after.has_value() == file.staged_name.empty()) {
    return Damaged("the name of a staged or kept file");
  }
  return file;
}

absl::StatusOr<TransactionFacts> FactsFromMessage(const v1::Journal& message) {
  TransactionFacts facts;
  MIG_ASSIGN_OR_RETURN(facts.id, trust::AttemptId::FromBytes(message.transaction_id()));
  MIG_ASSIGN_OR_RETURN(facts.host_id, trust::HostId::FromBytes(message.host_id()));
  facts.kind = message.kind();
  facts.product = message.product();
  if (message.has_from()) {
    MIG_ASSIGN_OR_RETURN(facts.from, trust::FromMessage(message.from()));
  }
  MIG_ASSIGN_OR_RETURN(facts.to, trust::FromMessage(message.to()));
  if (!message.plan_digest().empty()) {
    MIG_ASSIGN_OR_RETURN(facts.plan, base::Digest::FromBytes(message.plan_digest()));
  }
  facts.plan_issued = absl::FromUnixMillis(message.plan_issued_ms());
  if (!message.rollout().empty()) {
    MIG_ASSIGN_OR_RETURN(facts.rollout, trust::RolloutId::FromBytes(message.rollout()));
  }
  MIG_ASSIGN_OR_RETURN(facts.boot, BootMark::FromBytes(message.boot_id()));
  facts.started = absl::FromUnixMillis(message.started_ms());
  return facts;
}

absl::StatusOr<Journal> FromMessage(const v1::Journal& message) {
  if (!v1::Journal::Phase_IsValid(message.phase()) ||
      message.phase() == v1::Journal::PHASE_UNSPECIFIED) {
    return Damaged("its phase");
  }
  const bool is_kind = message.kind() == v1::Outcome::INSTALL ||
                       message.kind() == v1::Outcome::REPAIR ||
                       message.kind() == v1::Outcome::FALLBACK;
  if (!is_kind || !trust::IsProductName(message.product())) return Damaged("kind or product");
  if (message.files().empty() || message.files_size() > static_cast<int>(kMaxFiles)) {
    return Damaged("the number of its files");
  }
  Journal journal;
  MIG_ASSIGN_OR_RETURN(journal.facts, FactsFromMessage(message));
  journal.phase = static_cast<Phase>(message.phase());
  for (const v1::JournalFile& file : message.files()) {
    MIG_ASSIGN_OR_RETURN(JournalFile read, FromMessage(file));
    if (!journal.files.empty() && journal.files.back().name >= read.name) {
      return Damaged("its files are not sorted");
    }
    journal.files.push_back(std::move(read));
  }
  if (message.has_refusal()) journal.refusal = message.refusal();
  journal.agent_output = message.agent_output();
  return journal;
}

}  // namespace

BootMark BootMarkOf(absl::string_view boot_id) {
  const base::Digest digest =
      base::Sha256().Add(absl::string_view("MIG boot v1\0", 12)).Add(boot_id).Finish();
  absl::StatusOr<BootMark> mark =
      BootMark::FromBytes(digest.bytes().substr(0, BootMark::kSizeBytes));
  MIG_CHECK_OK(mark);
  return *mark;
}

absl::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kCommitted:
      return "COMMITTED";
    case Phase::kActivating:
      return "ACTIVATING";
    case Phase::kDone:
      return "DONE";
    case Phase::kReverting:
      return "REVERTING";
    case Phase::kReactivating:
      return "REACTIVATING";
    case Phase::kReverted:
      return "REVERTED";
  }
  return "?";
}

absl::StatusOr<std::string> EncodeJournal(const Journal& journal) {
  const std::string payload = ToMessage(journal).SerializeAsString();
  // What going back will add must have room, or there would be no way back.
  const size_t reserved = journal.phase == Phase::kCommitted ? kRoomForGoingBack : 0;
  if (payload.size() + reserved > base::kMaxJournalBytes) {
    return trust::Refuse(v1::Refusal::BOUND,
                         absl::StrCat("the journal would have ", payload.size(), " bytes, at most ",
                                      base::kMaxJournalBytes,
                                      " are written; change fewer files "
                                      "at once, or use shorter paths"));
  }
  std::string bytes(kMagic);
  base::AppendU32Le(bytes, static_cast<uint32_t>(payload.size()));
  bytes += payload;
  absl::StrAppend(&bytes, base::Sha256Of(bytes).bytes());
  return bytes;
}

absl::StatusOr<Journal> DecodeJournal(absl::string_view bytes) {
  if (bytes.size() < kHeadBytes + base::Digest::kSizeBytes) return Damaged("it is too short");
  const absl::string_view checked = bytes.substr(0, bytes.size() - base::Digest::kSizeBytes);
  if (bytes.substr(checked.size()) != base::Sha256Of(checked).bytes()) {
    return Damaged("its checksum is wrong");
  }
  const absl::string_view payload = checked.substr(kHeadBytes);
  v1::Journal message;
  const bool is_ours = absl::StartsWith(checked, kMagic) &&
                       base::ReadU32Le(checked.substr(kMagic.size())) == payload.size() &&
                       message.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
  // What another layout has is not known, but its checksum is right: somebody newer wrote it.
  if (!is_ours || message.format() != kFormat) {
    return trust::Refuse(v1::Refusal::UNSUPPORTED,
                         "the journal is of another version of the loader; let that one finish it "
                         "(mig-loader recover), or install it again");
  }
  absl::StatusOr<Journal> journal = FromMessage(message);
  if (!journal.ok()) return Damaged(journal.status().message());
  return journal;
}

absl::StatusOr<std::optional<Journal>> ReadJournal(base::Directory& state) {
  const absl::StatusOr<base::FileStat> stat = state.Stat(kJournalName);
  if (absl::IsNotFound(stat.status())) return std::optional<Journal>();
  MIG_RETURN_IF_ERROR(stat.status());
  if (stat->kind != base::FileKind::kFile || stat->size_bytes > kMaxFileBytes) {
    return trust::Refuse(v1::Refusal::JOURNAL_DAMAGED,
                         absl::StrCat(state.path(), "/", kJournalName,
                                      " is a link, a directory or far too long: no loader wrote "
                                      "that"));
  }
  // An error of this says nothing about the journal: it may be read by the next run.
  MIG_ASSIGN_OR_RETURN(const std::string bytes,
                       base::ReadWhole(state, kJournalName, kMaxFileBytes));
  MIG_ASSIGN_OR_RETURN(Journal journal, DecodeJournal(bytes));
  return std::optional<Journal>(std::move(journal));
}

absl::Status WriteJournal(base::Directory& state, const Journal& journal) {
  MIG_ASSIGN_OR_RETURN(const std::string bytes, EncodeJournal(journal));
  return base::WriteDurably(state, kJournalName, bytes, kJournalMode);
}

}  // namespace mig::loader
