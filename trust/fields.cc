#include "trust/fields.h"

#include "base/sizes.h"
#include "trust/names.h"

namespace mig::trust {

std::string ToText(const FieldName& name) {
  if (name.parent.empty()) return std::string(name.name);
  return absl::StrCat(name.parent, "[", name.index, "].", name.name);
}

absl::Status MalformedField(const FieldName& name, absl::string_view what) {
  return Refuse(v1::Refusal::MALFORMED, absl::StrCat(ToText(name), " ", what));
}

absl::Status CheckRange(const FieldName& name, uint64_t value, uint64_t least, uint64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return Refuse(v1::Refusal::BOUND,
                absl::StrCat(ToText(name), " is ", value, ", must be ", least, " to ", most));
}

absl::Status CheckCount(const FieldName& name, size_t count, size_t least, size_t most) {
  if (count < least) {
    return MalformedField(name,
                          absl::StrCat("has ", count, " entries, must have ", least, " to ", most));
  }
  if (count > most) {
    return Refuse(v1::Refusal::BOUND,
                  absl::StrCat(ToText(name), " has ", count, " entries, at most ", most));
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> TimeField(const FieldName& name, int64_t ms) {
  if (ms <= 0 || ms > base::kMaxTimeMs) {
    return MalformedField(
        name, absl::StrCat("is ", ms, ", must be Unix milliseconds from 1 to ", base::kMaxTimeMs));
  }
  return absl::FromUnixMillis(ms);
}

absl::StatusOr<absl::Duration> SpanField(const FieldName& name, int64_t ms, absl::Duration least,
                                         absl::Duration most) {
  if (ms < absl::ToInt64Milliseconds(least)) {
    return MalformedField(
        name, absl::StrCat("is ", ms, " ms, must be at least ", absl::ToInt64Milliseconds(least)));
  }
  if (ms > absl::ToInt64Milliseconds(most)) {
    return Refuse(v1::Refusal::BOUND, absl::StrCat(ToText(name), " is ", ms, " ms, at most ",
                                                   absl::ToInt64Milliseconds(most)));
  }
  return absl::Milliseconds(ms);
}

absl::StatusOr<base::Digest> DigestField(const FieldName& name, absl::string_view bytes) {
  absl::StatusOr<base::Digest> digest = base::Digest::FromBytes(bytes);
  if (!digest.ok()) {
    return MalformedField(name, absl::StrCat("has ", bytes.size(), " bytes, must have 32"));
  }
  return digest;
}

absl::StatusOr<DocumentHead> MakeHead(absl::string_view trust_domain, int64_t issued_ms) {
  if (!IsTrustDomain(trust_domain)) {
    return MalformedField({"", 0, "trust_domain"}, "must be 1 to 253 of a-z 0-9 . -");
  }
  MIG_ASSIGN_OR_RETURN(const absl::Time issued, TimeField({"", 0, "issued_ms"}, issued_ms));
  return DocumentHead{.trust_domain = std::string(trust_domain), .issued = issued};
}

}  // namespace mig::trust
