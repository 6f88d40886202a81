#include "trust/names.h"

#include <algorithm>
#include <cstddef>

#include "base/sizes.h"

namespace mig::trust {

namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

template <typename Allowed>
bool All(absl::string_view text, size_t max_bytes, Allowed allowed) {
  return !text.empty() && text.size() <= max_bytes &&
         std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

bool IsProductName(absl::string_view text) {
  return All(text, base::kMaxProductNameBytes,
             [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; }) &&
         IsLower(text[0]);
}

bool IsTrustDomain(absl::string_view text) {
  return All(text, base::kMaxTrustDomainBytes,
             [](char c) { return IsLower(c) || IsDigit(c) || c == '.' || c == '-'; });
}

bool IsOperatorName(absl::string_view text) {
  return All(text, base::kMaxOperatorNameBytes,
             [](char c) { return IsLower(c) || IsDigit(c) || c == '.' || c == '_' || c == '-'; });
}

bool IsComponentSegment(absl::string_view text) {
  return All(text, base::kMaxComponentSegmentBytes,
             [](char c) { return IsLower(c) || IsDigit(c) || c == '.' || c == '_' || c == '-'; }) &&
         text[0] != '.';
}

bool IsComponentName(absl::string_view text) {
  const size_t slash = text.find('/');
  if (slash == absl::string_view::npos) return IsComponentSegment(text);
  return IsComponentSegment(text.substr(0, slash)) && IsComponentSegment(text.substr(slash + 1));
}

bool IsTagName(absl::string_view text) {
  return All(text, base::kMaxTagNameBytes,
             [](char c) { return IsLower(c) || IsDigit(c) || c == '_' || c == '-'; }) &&
         IsLower(text[0]);
}

}  // namespace mig::trust
