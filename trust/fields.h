// How one field of a message becomes a value, with the refusals that name it: for whoever reads
// messages at a door.

#ifndef MIG_TRUST_FIELDS_H_
#define MIG_TRUST_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "trust/document_head.h"
#include "trust/refusal.h"

namespace mig::trust {

// A field's name in messages, made only when one is needed.
struct FieldName {
  absl::string_view parent;  // may be empty
  size_t index;              // of the parent in its list
  absl::string_view name;
};
std::string ToText(const FieldName& name);

// MALFORMED, "NAME WHAT".
absl::Status MalformedField(const FieldName& name, absl::string_view what);
// BOUND unless least <= value <= most.
absl::Status CheckRange(const FieldName& name, uint64_t value, uint64_t least, uint64_t most);
// MALFORMED for an empty list that may not be, BOUND for a longer one.
absl::Status CheckCount(const FieldName& name, size_t count, size_t least, size_t most);

absl::StatusOr<absl::Time> TimeField(const FieldName& name, int64_t ms);
// 0 <= `least` <= span <= `most`; MALFORMED below, BOUND above.
absl::StatusOr<absl::Duration> SpanField(const FieldName& name, int64_t ms, absl::Duration least,
                                         absl::Duration most);
absl::StatusOr<base::Digest> DigestField(const FieldName& name, absl::string_view bytes);
// 32 bytes each, strictly ascending, `least` to `most` of them.
template <typename List>
absl::StatusOr<std::vector<base::Digest>> DigestList(const FieldName& name, const List& list,
                                                     size_t least, size_t most);

template <typename Id>
absl::StatusOr<Id> IdField(const FieldName& name, absl::string_view bytes) {
  absl::StatusOr<Id> id = Id::FromBytes(bytes);
  if (!id.ok()) return MalformedField(name, id.status().message());
  return id;
}

// MALFORMED unless `list` is strictly ascending by `key(element)`: a duplicate is refused too.
template <typename List, typename Key>
absl::Status CheckSorted(const FieldName& name, const List& list, Key key) {
  for (int i = 1; i < static_cast<int>(list.size()); ++i) {
    if (key(list[i - 1]) < key(list[i])) continue;
    return MalformedField(name, absl::StrCat("is not sorted, or doubled, at entry ", i));
  }
  return absl::OkStatus();
}

// The common head of any payload message.
template <typename Message>
absl::StatusOr<DocumentHead> HeadOf(const Message& message);
absl::StatusOr<DocumentHead> MakeHead(absl::string_view trust_domain, int64_t issued_ms);

// Implementation.

template <typename List>
absl::StatusOr<std::vector<base::Digest>> DigestList(const FieldName& name, const List& list,
                                                     size_t least, size_t most) {
  MIG_RETURN_IF_ERROR(CheckCount(name, static_cast<size_t>(list.size()), least, most));
  std::vector<base::Digest> digests;
  digests.reserve(list.size());
  for (const auto& bytes : list) {
    MIG_ASSIGN_OR_RETURN(const base::Digest digest, DigestField(name, bytes));
    digests.push_back(digest);
  }
  MIG_RETURN_IF_ERROR(CheckSorted(name, digests, [](const base::Digest& d) { return d; }));
  return digests;
}

template <typename Message>
absl::StatusOr<DocumentHead> HeadOf(const Message& message) {
  return MakeHead(message.trust_domain(), message.issued_ms());
}

}  // namespace mig::trust

#endif  // MIG_TRUST_FIELDS_H_
