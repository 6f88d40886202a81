#include "trust/pem.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/text.h"
#include "trust/refusal.h"

namespace mig::trust {

namespace {

constexpr size_t kColumn = 64;
constexpr absl::string_view kBegin = "-----BEGIN ";
constexpr absl::string_view kDashes = "-----";

absl::Status Malformed(absl::string_view what) { return Refuse(v1::Refusal::MALFORMED, what); }

}  // namespace

std::string EncodePem(absl::string_view label, absl::string_view bytes) {
  const std::string text = absl::Base64Escape(bytes);
  std::string result = absl::StrCat(kBegin, label, kDashes, "\n");
  for (size_t i = 0; i < text.size(); i += kColumn) {
    absl::StrAppend(&result, text.substr(i, kColumn), "\n");
  }
  absl::StrAppend(&result, "-----END ", label, kDashes, "\n");
  return result;
}

absl::StatusOr<std::vector<PemBlock>> DecodePem(absl::string_view text, size_t most) {
  std::vector<PemBlock> blocks;
  for (size_t begin = text.find(kBegin); begin != absl::string_view::npos;
       begin = text.find(kBegin)) {
    if (blocks.size() == most) {
      return Refuse(v1::Refusal::BOUND, absl::StrCat("more than ", most, " PEM blocks"));
    }
    text.remove_prefix(begin + kBegin.size());
    const size_t label_size = text.substr(0, base::kMaxPemLabelBytes).find(kDashes);
    if (label_size == absl::string_view::npos) return Malformed("a PEM block is cut off");
    PemBlock block = {.label = std::string(text.substr(0, label_size)), .bytes = ""};
    text.remove_prefix(label_size + kDashes.size());
    const std::string end = absl::StrCat("-----END ", block.label, kDashes);
    const size_t body_size = text.find(end);
    if (body_size == absl::string_view::npos) {
      return Malformed(absl::StrCat("the PEM block ", base::Escaped(block.label), " is cut off"));
    }
    if (!absl::Base64Unescape(text.substr(0, body_size), &block.bytes)) {
      return Malformed(absl::StrCat("the PEM block ", base::Escaped(block.label),
                                    " is damaged: its lines are not Base64"));
    }
    text.remove_prefix(body_size + end.size());
    blocks.push_back(std::move(block));
  }
  if (blocks.empty()) return Malformed("there is no PEM block (-----BEGIN ...) in it");
  return blocks;
}

}  // namespace mig::trust
