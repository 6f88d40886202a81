#include "loader/state/report_spool.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kSuffixes[] = {"", ".sent", ".kept"};  // by Delivery
constexpr uint64_t kMaxRecordBytes = base::kMaxReportBytes + 1024;

bool IsRefusalOrNotice(const v1::Outcome& outcome) {
  return outcome.kind() == v1::Outcome::REFUSAL || outcome.kind() == v1::Outcome::NOTICE;
}

// Without what differs from one run to the next.
std::string Essence(v1::Outcome outcome) {
  outcome.clear_attempt();
  outcome.clear_started_ms();
  outcome.clear_ended_ms();
  outcome.clear_stage_times();
  outcome.clear_count();
  outcome.clear_fetched_bytes();
  outcome.clear_mirror_bytes();
  outcome.clear_agent_output();
  outcome.mutable_refusal()->clear_text();
  return outcome.SerializeAsString();
}

uint32_t SumOfCounts(const v1::Outcome& a, const v1::Outcome& b) {
  const uint64_t sum = uint64_t{a.count()} + b.count();
  return static_cast<uint32_t>(std::min<uint64_t>(sum, std::numeric_limits<uint32_t>::max()));
}

// What stands for both where there is no room for them.
v1::Outcome Folded(const v1::Outcome& older, const v1::Outcome& newer) {
  v1::Outcome both;
  // Neither attempt: a coordinator may have counted one of them.
  both.set_attempt(std::string(base::Sha256Of(absl::StrCat(older.attempt(), newer.attempt()))
                                   .bytes()
                                   .substr(0, base::kAttemptIdBytes)));
  both.set_kind(v1::Outcome::NOTICE);
  both.set_result(v1::Outcome::UNCHANGED);
  both.set_stage(v1::Outcome::COMPLETE);
  both.set_count(SumOfCounts(older, newer));
  both.set_started_ms(older.started_ms());
  both.set_ended_ms(newer.ended_ms());
  both.mutable_refusal()->set_code(v1::Refusal::SPOOL_FULL);
  both.mutable_refusal()->set_text(
      absl::StrCat(both.count(), " outcomes that could not be kept one by one"));
  return both;
}

absl::Status CheckOutcome(const v1::Outcome& outcome) {
  if (outcome.attempt().size() != base::kAttemptIdBytes || outcome.count() == 0) {
    return absl::InvalidArgumentError("an outcome to be reported has no attempt id or no count");
  }
  v1::ReportRequest alone;
  *alone.add_outcomes() = outcome;
  if (alone.ByteSizeLong() > base::kMaxReportBytes) {
    return trust::Refuse(v1::Refusal::BOUND,
                         absl::StrCat("an outcome has ", outcome.ByteSizeLong(),
                                      " bytes, a report at most ", base::kMaxReportBytes));
  }
  return absl::OkStatus();
}

}  // namespace

// Digits that sort by bytes as the numbers do.
std::string ReportSpool::NameOf(uint64_t number, Delivery delivery) {
  return absl::StrFormat("%020d%s", number, kSuffixes[static_cast<size_t>(delivery)]);
}

absl::StatusOr<ReportSpool> ReportSpool::Open(std::unique_ptr<base::Directory> directory) {
  ReportSpool spool(std::move(directory));
  MIG_RETURN_IF_ERROR(spool.ReadAll());
  return spool;
}

absl::Status ReportSpool::Add(const v1::Outcome& outcome) {
  MIG_RETURN_IF_ERROR(CheckOutcome(outcome));
  MIG_RETURN_IF_ERROR(RemoveLeftovers());
  // It may be there since a run that was killed before the directory was synced.
  if (FindAttempt(outcome.attempt()) != entries_.end()) return directory_->Sync();

  if (const auto equal = FindEqual(outcome); equal != entries_.end()) {
    v1::SpoolRecord record = equal->second.record;
    v1::Outcome& kept = *record.mutable_outcome();
    kept.set_count(SumOfCounts(kept, outcome));
    kept.set_ended_ms(outcome.ended_ms());
    kept.mutable_refusal()->set_text(outcome.refusal().text());
    return Save(record, Delivery::kUnsent);
  }

  v1::SpoolRecord record;
  record.set_format(1);
  *record.mutable_outcome() = outcome;
  MIG_RETURN_IF_ERROR(MakeRoom(record.ByteSizeLong() + 16));
  record.set_number(last_number_ + 1);
  return Save(record, Delivery::kUnsent);
}

absl::StatusOr<v1::ReportRequest> ReportSpool::NextBatch() {
  MIG_RETURN_IF_ERROR(RemoveLeftovers());
  v1::ReportRequest batch;
  std::vector<Entries::iterator> unsent;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (!entry->second.waits()) continue;
    *batch.add_outcomes() = entry->second.record.outcome();
    if (batch.ByteSizeLong() > base::kMaxReportBytes) {
      batch.mutable_outcomes()->RemoveLast();
      break;
    }
    if (entry->second.delivery == Delivery::kUnsent) unsent.push_back(entry);
    if (static_cast<size_t>(batch.outcomes_size()) == base::kMaxOutcomesPerReport) break;
  }
  for (const Entries::iterator entry : unsent) MIG_RETURN_IF_ERROR(Mark(entry, Delivery::kSent));
  if (!unsent.empty()) MIG_RETURN_IF_ERROR(directory_->Sync());
  return batch;
}

absl::Status ReportSpool::Settle(const v1::ReportAnswer& answer) {
  bool changed = false;
  for (const std::string& attempt : answer.acknowledged_attempts()) {
    const auto entry = FindAttempt(attempt);
    if (entry == entries_.end() || !entry->second.waits()) continue;
    MIG_RETURN_IF_ERROR(Mark(entry, Delivery::kAcknowledged));
    changed = true;
  }
  for (const v1::RejectedOutcome& rejected : answer.rejected()) {
    const auto entry = FindAttempt(rejected.attempt());
    if (entry == entries_.end() || !entry->second.waits()) continue;
    v1::SpoolRecord record = entry->second.record;
    record.set_set_aside(true);
    record.mutable_rejected()->set_code(rejected.refusal().code());
    record.mutable_rejected()->set_text(
        base::Escaped(rejected.refusal().text(), base::kMaxReportTextBytes - 8));
    MIG_RETURN_IF_ERROR(Save(record, entry->second.delivery));
  }
  const size_t before = entries_.size();
  MIG_RETURN_IF_ERROR(
      RemoveOldest(kMaxSetAside, [](const Entry& entry) { return entry.record.set_aside(); }));
  MIG_RETURN_IF_ERROR(RemoveOldest(
      kMaxKept, [](const Entry& entry) { return entry.delivery == Delivery::kAcknowledged; }));
  if (entries_.size() != before) changed = true;
  return changed ? directory_->Sync() : absl::OkStatus();
}

absl::Status ReportSpool::SendAgain() {
  bool changed = false;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->second.delivery != Delivery::kAcknowledged) continue;
    // Not as one that was never sent: it must not grow.
    MIG_RETURN_IF_ERROR(Mark(entry, Delivery::kSent));
    changed = true;
  }
  return changed ? directory_->Sync() : absl::OkStatus();
}

uint64_t ReportSpool::WaitingOutcomes() const {
  uint64_t count = 0;
  for (const auto& [number, entry] : entries_) {
    if (entry.waits()) count += entry.record.outcome().count();
  }
  return count;
}

std::vector<v1::SpoolRecord> ReportSpool::SetAside() const {
  std::vector<v1::SpoolRecord> records;
  for (const auto& [number, entry] : entries_) {
    if (entry.record.set_aside()) records.push_back(entry.record);
  }
  return records;
}

absl::Status ReportSpool::ReadAll() {
  MIG_ASSIGN_OR_RETURN(const std::vector<base::DirectoryEntry> files,
                       directory_->List(base::kMaxDirectoryEntries));
  for (const base::DirectoryEntry& file : files) {
    if (absl::StartsWith(file.name, ".") && absl::EndsWith(file.name, ".new")) {
      leftovers_.push_back(file.name);
      continue;
    }
    const absl::StatusOr<std::string> bytes =
        base::ReadWhole(*directory_, file.name, kMaxRecordBytes);
    Take(file.name, bytes.ok() ? *bytes : "");
  }
  return absl::OkStatus();
}

void ReportSpool::Take(absl::string_view name, absl::string_view bytes) {
  absl::string_view digits = name;
  Delivery delivery = Delivery::kUnsent;
  for (const Delivery one : {Delivery::kSent, Delivery::kAcknowledged}) {
    if (absl::ConsumeSuffix(&digits, kSuffixes[static_cast<size_t>(one)])) delivery = one;
  }
  uint64_t number = 0;
  const bool is_ours = absl::SimpleAtoi(digits, &number) && number > 0 &&
                       number < std::numeric_limits<uint64_t>::max() &&
                       name == NameOf(number, delivery);
  if (is_ours) last_number_ = std::max(last_number_, number);

  Entry entry = {.record = {}, .delivery = delivery, .size_bytes = bytes.size()};
  if (!is_ours || !entry.record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      entry.record.format() != 1 || entry.record.number() != number ||
      !CheckOutcome(entry.record.outcome()).ok()) {
    ++damaged_;
    return;
  }
  entries_.insert_or_assign(number, std::move(entry));
}

absl::Status ReportSpool::RemoveLeftovers() {
  for (const std::string& name : std::exchange(leftovers_, {})) {
    MIG_RETURN_IF_ERROR(directory_->Unlink(name));
  }
  return absl::OkStatus();
}

absl::Status ReportSpool::Save(const v1::SpoolRecord& record, Delivery delivery) {
  const std::string bytes = record.SerializeAsString();
  MIG_RETURN_IF_ERROR(
      base::WriteDurably(*directory_, NameOf(record.number(), delivery), bytes, 0600));
  last_number_ = std::max(last_number_, record.number());
  entries_.insert_or_assign(
      record.number(), Entry{.record = record, .delivery = delivery, .size_bytes = bytes.size()});
  return absl::OkStatus();
}

absl::Status ReportSpool::Remove(Entries::iterator entry) {
  MIG_RETURN_IF_ERROR(directory_->Unlink(NameOf(entry->first, entry->second.delivery)));
  entries_.erase(entry);
  return absl::OkStatus();
}

absl::Status ReportSpool::Mark(Entries::iterator entry, Delivery delivery) {
  MIG_RETURN_IF_ERROR(directory_->Rename(NameOf(entry->first, entry->second.delivery), *directory_,
                                         NameOf(entry->first, delivery)));
  entry->second.delivery = delivery;
  return absl::OkStatus();
}

template <typename Which>
absl::Status ReportSpool::RemoveOldest(size_t most_left, const Which& which) {
  size_t count = 0;
  for (const auto& [number, entry] : entries_) count += which(entry) ? 1 : 0;
  for (auto entry = entries_.begin(); count > most_left && entry != entries_.end();) {
    const auto next = std::next(entry);
    if (which(entry->second)) {
      MIG_RETURN_IF_ERROR(Remove(entry));
      --count;
    }
    entry = next;
  }
  return absl::OkStatus();
}

absl::Status ReportSpool::MakeRoom(uint64_t size_bytes) {
  while (entries_.size() + 1 > base::kMaxSpooledReports ||
         TotalBytes() + size_bytes > base::kMaxSpoolBytes) {
    MIG_RETURN_IF_ERROR(Fold());
  }
  return absl::OkStatus();
}

absl::Status ReportSpool::Fold() {
  const auto is_kept = [](const auto& item) {
    return item.second.delivery == Delivery::kAcknowledged;
  };
  const auto is_set_aside = [](const auto& item) { return item.second.record.set_aside(); };
  auto spare = std::find_if(entries_.begin(), entries_.end(), is_kept);
  if (spare == entries_.end()) spare = std::find_if(entries_.begin(), entries_.end(), is_set_aside);
  if (spare != entries_.end()) {
    MIG_RETURN_IF_ERROR(Remove(spare));
    return directory_->Sync();
  }

  // The two oldest, of the kind that is missed least.
  std::vector<Entries::iterator> least, any;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (IsRefusalOrNotice(entry->second.record.outcome())) least.push_back(entry);
    any.push_back(entry);
  }
  const std::vector<Entries::iterator>& from = least.size() >= 2 ? least : any;
  MIG_CHECK(from.size() >= 2) << "one record of at most 64 KiB cannot fill 4 MiB";
  const Entries::iterator older = from[0];
  const Entries::iterator newer = from[1];
  v1::SpoolRecord both = older->second.record;
  *both.mutable_outcome() = Folded(older->second.record.outcome(), newer->second.record.outcome());
  // It takes the newer's place, so that a power cut before the older is gone counts some twice and
  // loses none.
  both.set_number(newer->first);
  if (newer->second.delivery != Delivery::kUnsent) {
    MIG_RETURN_IF_ERROR(Mark(newer, Delivery::kUnsent));
  }
  MIG_RETURN_IF_ERROR(Save(both, Delivery::kUnsent));
  MIG_RETURN_IF_ERROR(Remove(older));
  return directory_->Sync();
}

ReportSpool::Entries::iterator ReportSpool::FindAttempt(absl::string_view attempt) {
  return std::find_if(entries_.begin(), entries_.end(), [attempt](const auto& item) {
    return item.second.record.outcome().attempt() == attempt;
  });
}

ReportSpool::Entries::iterator ReportSpool::FindEqual(const v1::Outcome& outcome) {
  if (!IsRefusalOrNotice(outcome)) return entries_.end();
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    const v1::Outcome& kept = entry->second.record.outcome();
    if (kept.product() != outcome.product()) continue;
    const bool may_grow =
        entry->second.delivery == Delivery::kUnsent && !entry->second.record.set_aside();
    if (may_grow && Essence(kept) == Essence(outcome)) return std::prev(entry.base());
    break;
  }
  return entries_.end();
}

uint64_t ReportSpool::TotalBytes() const {
  uint64_t total = 0;
  for (const auto& [number, entry] : entries_) total += entry.size_bytes;
  return total;
}

}  // namespace mig::loader
