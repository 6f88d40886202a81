#include "loader/install/kept_sets.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/whole_file.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kKeptDirectory = "kept";
constexpr absl::string_view kSetsName = "sets";
constexpr absl::string_view kMagic = "MIGKEPT1";
constexpr absl::string_view kUnfinished = ".new";
constexpr uint32_t kDirectoryMode = 0700;
constexpr uint32_t kFileMode = 0600;
constexpr uint64_t kMaxSetsBytes = 512 * base::kKiB;

absl::Status Remove(base::Directory& directory, absl::string_view name) {
  const absl::Status removed = directory.Unlink(name);
  return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

// Copies `source` into the new file `name`; whatever is wrong, the caller removes it.
absl::Status WriteCopy(base::Directory& directory, absl::string_view name, base::File& source,
                       const base::FileDigest& content) {
  MIG_RETURN_IF_ERROR(Remove(directory, name));
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> copy,
                       directory.CreateExclusive(name, kFileMode));
  MIG_RETURN_IF_ERROR(copy->CopyFrom(source, content.size_bytes));
  MIG_RETURN_IF_ERROR(copy->Sync());
  MIG_ASSIGN_OR_RETURN(const base::FileDigest got, base::HashFile(*copy, content.size_bytes));
  if (got == content) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(source.path(), " has SHA-256 ", got.digest.ToHex(),
                                          " and ", got.size_bytes, " bytes, not ",
                                          content.digest.ToHex(), " and ", content.size_bytes));
}

void AppendSet(std::string& text, absl::string_view place, const KeptSet& set) {
  absl::StrAppend(&text, "set ", place, " ", set.release ? set.release->manifest.ToHex() : "-", " ",
                  set.release ? set.release->variant : 0, "\n");
  for (const KeptFile& file : set.files) {
    absl::StrAppend(&text, "file ", file.name, " ", file.facts.digest.ToHex(), " ",
                    file.facts.size_bytes, " ", absl::StrFormat("%o", file.facts.mode), " ",
                    file.facts.uid, " ", file.facts.gid, "\n");
  }
}

using Words = std::vector<absl::string_view>;

absl::StatusOr<KeptSet> SetFromWords(const Words& words) {
  KeptSet set;
  if (words[2] == "-") return set;
  trust::Installed release;
  MIG_ASSIGN_OR_RETURN(release.manifest, base::Digest::FromHex(words[2]));
  if (!absl::SimpleAtoi(words[3], &release.variant)) return absl::DataLossError("a variant");
  set.release = release;
  return set;
}

absl::StatusOr<KeptFile> FileFromWords(const Words& words) {
  KeptFile file = {.name = std::string(words[1])};
  MIG_ASSIGN_OR_RETURN(file.facts.digest, base::Digest::FromHex(words[2]));
  uint64_t mode = 0;
  for (const char digit : words[4]) mode = mode * 8 + static_cast<uint64_t>(digit - '0');
  file.facts.mode = static_cast<uint32_t>(mode);
  const bool is_right = absl::SimpleAtoi(words[3], &file.facts.size_bytes) &&
                        absl::SimpleAtoi(words[5], &file.facts.uid) &&
                        absl::SimpleAtoi(words[6], &file.facts.gid);
  if (!is_right) return absl::DataLossError("a number");
  return file;
}

}  // namespace

const KeptFile* KeptSet::Find(absl::string_view name) const {
  for (const KeptFile& file : files) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

std::string KeptSets::Encode(const Sets& sets) {
  std::string text = absl::StrCat(kMagic, "\n");
  if (sets.current) AppendSet(text, "current", *sets.current);
  if (sets.previous) AppendSet(text, "previous", *sets.previous);
  if (sets.next) {
    absl::StrAppend(&text, "transaction ", sets.next->transaction.ToHex(), "\n");
    AppendSet(text, "next", sets.next->set);
  }
  absl::StrAppend(&text, "sum ", base::Sha256Of(text).ToHex(), "\n");
  return text;
}

absl::StatusOr<KeptSets::Sets> KeptSets::Decode(absl::string_view text) {
  const size_t sum_at = text.rfind("sum ");
  if (sum_at == absl::string_view::npos ||
      text.substr(sum_at) !=
          absl::StrCat("sum ", base::Sha256Of(text.substr(0, sum_at)).ToHex(), "\n") ||
      !absl::ConsumePrefix(&text, absl::StrCat(kMagic, "\n"))) {
    return absl::DataLossError("the list of kept sets is damaged");
  }
  // The checksum holds: what follows is as Encode wrote it.
  Sets sets;
  KeptSet* set = nullptr;
  trust::AttemptId transaction;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const Words words = absl::StrSplit(line, ' ');
    if (words[0] == "transaction" && words.size() == 2) {
      MIG_ASSIGN_OR_RETURN(transaction, trust::AttemptId::FromHex(words[1]));
    } else if (words[0] == "set" && words.size() == 4) {
      MIG_ASSIGN_OR_RETURN(KeptSet read, SetFromWords(words));
      if (words[1] == "current") {
        set = &sets.current.emplace(std::move(read));
      } else if (words[1] == "previous") {
        set = &sets.previous.emplace(std::move(read));
      } else {
        set = &sets.next.emplace(NextSet{.transaction = transaction, .set = std::move(read)}).set;
      }
    } else if (words[0] == "file" && words.size() == 7 && set != nullptr) {
      MIG_ASSIGN_OR_RETURN(KeptFile file, FileFromWords(words));
      set->files.push_back(std::move(file));
    }
  }
  return sets;
}

absl::StatusOr<KeptSets> KeptSets::Open(const Place& place, absl::string_view product) {
  MIG_RETURN_IF_ERROR(OpenStateDirectory(place).status());
  const std::string path =
      base::JoinPath(base::JoinPath(place.state_directory, kKeptDirectory), product);
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::Directory> directory,
                       base::MakeDirs(place.disk, path, kDirectoryMode));
  KeptSets kept(std::string(product), std::move(directory));
  const absl::StatusOr<std::string> text =
      base::ReadWhole(*kept.directory_, kSetsName, kMaxSetsBytes);
  if (absl::IsNotFound(text.status())) return kept;
  if (!text.ok() && !absl::IsResourceExhausted(text.status())) return text.status();
  absl::StatusOr<Sets> sets = text.ok() ? Decode(*text) : text.status();
  if (sets.ok()) kept.sets_ = *std::move(sets);
  return kept;
}

std::string KeptSets::KeptName(const base::Digest& digest) const {
  return absl::StrCat(kKeptDirectory, "/", product_, "/", digest.ToHex());
}

absl::StatusOr<bool> KeptSets::Verify(const base::FileDigest& content) {
  const std::string name = content.digest.ToHex();
  // An error of the moment is no damage, and this may be the only good copy: it is read twice, and
  // taken away only where what was read is wrong.
  for (int tries = 0; tries < 2; ++tries) {
    const absl::StatusOr<std::unique_ptr<base::File>> file = directory_->OpenRead(name);
    if (absl::IsNotFound(file.status())) return false;
    const absl::StatusOr<base::FileDigest> got =
        file.ok() ? base::HashFile(**file, content.size_bytes) : file.status();
    if (got.ok() && *got == content) return true;
    const absl::Status& why = got.status();
    if (absl::IsUnavailable(why) || (!file.ok() && absl::IsResourceExhausted(why))) return why;
    if (absl::IsDataLoss(why)) continue;
    MIG_RETURN_IF_ERROR(Remove(*directory_, name));
    return false;
  }
  return false;
}

absl::Status KeptSets::Copy(base::File& source, const base::FileDigest& content) {
  MIG_ASSIGN_OR_RETURN(const bool is_there, Verify(content));
  if (is_there) return absl::OkStatus();
  const std::string name = content.digest.ToHex();
  const std::string unfinished = absl::StrCat(name, kUnfinished);
  absl::Status done = WriteCopy(*directory_, unfinished, source, content);
  if (done.ok()) done = directory_->Rename(unfinished, *directory_, name);
  if (!done.ok()) {
    Remove(*directory_, unfinished).IgnoreError();  // a full disk gets it back
    return done;
  }
  return absl::OkStatus();
}

absl::Status KeptSets::Sync() { return directory_->Sync(); }

absl::StatusOr<std::unique_ptr<base::File>> KeptSets::OpenCopy(const base::Digest& digest) {
  return directory_->OpenRead(digest.ToHex());
}

absl::Status KeptSets::SetCurrent(KeptSet set) {
  Sets sets;
  const bool is_other = sets_.current && sets_.current->release != set.release;
  sets.previous = is_other ? sets_.current : sets_.previous;
  sets.current = std::move(set);
  return Rewrite(std::move(sets));
}

absl::Status KeptSets::BeginNext(NextSet next, KeptSet replaced) {
  if (sets_.next == next) return absl::OkStatus();
  Sets sets = sets_;
  if (!sets.current) sets.current = std::move(replaced);
  if (sets.current->release != next.set.release) sets.previous.reset();
  sets.next = std::move(next);
  return Rewrite(std::move(sets));
}

absl::Status KeptSets::Promote() {
  if (!sets_.next) return absl::OkStatus();
  Sets sets;
  const bool is_repair = sets_.current && sets_.current->release == sets_.next->set.release;
  sets.previous = is_repair ? sets_.previous : sets_.current;
  sets.current = sets_.next->set;
  return Rewrite(std::move(sets));
}

absl::Status KeptSets::DropNext() {
  if (!sets_.next) return absl::OkStatus();
  Sets sets;
  sets.current = sets_.current;
  sets.previous = sets_.previous;
  return Rewrite(std::move(sets));
}

absl::Status KeptSets::Collect(const std::vector<base::Digest>& also) {
  std::set<std::string> in_use = {std::string(kSetsName)};
  for (const base::Digest& digest : also) in_use.insert(digest.ToHex());
  const auto use = [&in_use](const KeptSet& set) {
    for (const KeptFile& file : set.files) in_use.insert(file.facts.digest.ToHex());
  };
  if (sets_.current) use(*sets_.current);
  if (sets_.previous) use(*sets_.previous);
  if (sets_.next) use(sets_.next->set);
  MIG_ASSIGN_OR_RETURN(const std::vector<base::DirectoryEntry> entries,
                       directory_->List(base::kMaxDirectoryEntries));
  for (const base::DirectoryEntry& entry : entries) {
    if (!in_use.contains(entry.name)) MIG_RETURN_IF_ERROR(Remove(*directory_, entry.name));
  }
  return absl::OkStatus();
}

absl::Status KeptSets::Rewrite(Sets sets) {
  MIG_RETURN_IF_ERROR(base::WriteDurably(*directory_, kSetsName, Encode(sets), kFileMode));
  sets_ = std::move(sets);
  return absl::OkStatus();
}

}  // namespace mig::loader
