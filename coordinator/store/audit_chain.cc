#include "coordinator/store/audit_chain.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"

namespace mig::coordinator {

base::Digest AuditHash(uint64_t seq, const base::Digest& prev, const AuditEntry& entry) {
  base::Sha256 hash;
  hash.Add(absl::string_view("MIG audit v1\0", 13));
  hash.AddU64Be(seq).Add(prev.bytes());
  hash.AddU64Be(static_cast<uint64_t>(absl::ToUnixMillis(entry.at)));
  for (const std::string* text :
       {&entry.actor, &entry.action, &entry.subject, &entry.reason, &entry.difference}) {
    hash.AddWithLength(*text);
  }
  return hash.Finish();
}

absl::Status AuditChain::Add(const AuditRecord& record) {
  const uint64_t wanted = head_.seq + 1;
  if (record.seq != wanted) {
    return absl::DataLossError(absl::StrCat("audit row ", wanted, " is missing: row ", record.seq,
                                            " comes after row ", head_.seq,
                                            "; somebody removed it, compare with a backup"));
  }
  if (record.prev != head_.hash) {
    return absl::DataLossError(
        absl::StrCat("audit row ", record.seq,
                     " does not hang on the row before: one of them was put in the other's place; "
                     "compare with a backup"));
  }
  if (record.hash != AuditHash(record.seq, record.prev, record.entry)) {
    return absl::DataLossError(absl::StrCat("audit row ", record.seq,
                                            " was changed: it does not have the hash of what it "
                                            "says; compare with a backup"));
  }
  head_ = AuditHead{.seq = record.seq, .hash = record.hash};
  return absl::OkStatus();
}

absl::Status AuditChain::CheckHead(const AuditHead& head) const {
  if (head == head_) return absl::OkStatus();
  if (head.seq > head_.seq) {
    return absl::DataLossError(absl::StrCat("audit row ", head_.seq + 1,
                                            " is missing: the log should end with row ", head.seq,
                                            "; somebody removed it, compare with a backup"));
  }
  return absl::DataLossError(
      absl::StrCat("audit row ", head.seq == head_.seq ? head.seq : head.seq + 1,
                   " was not written by the coordinator: the log should end with row ", head.seq,
                   "; compare with a backup"));
}

}  // namespace mig::coordinator
