#include "ctl/keys/passphrase.h"

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"

namespace mig::ctl {
namespace {

absl::StatusOr<std::string> FromFile(const PassphraseSource& source) {
  MIG_ASSIGN_OR_RETURN(
      std::string text,
      source.files.ReadSecret(*source.file, base::kMaxKeyFileBytes, "the passphrase file"));
  text.resize(std::min(text.size(), text.find('\n')));
  if (!text.empty() && text.back() == '\r') text.pop_back();
  if (text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(*source.file, ": the first line is empty; put the passphrase there"));
  }
  // A key that is locked with bytes that nobody can type would stay locked.
  if (!base::CheckText(text).ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        *source.file, ":1: the passphrase has bytes that are no text; name the right file"));
  }
  return text;
}

absl::Status NobodyToAsk() {
  return absl::InvalidArgumentError(
      "a passphrase is needed, and nobody can be asked here; use --passphrase-file FILE");
}

}  // namespace

absl::StatusOr<std::string> NewPassphrase(const PassphraseSource& source) {
  if (source.file.has_value()) return FromFile(source);
  if (!source.console.facts().can_ask) return NobodyToAsk();
  MIG_ASSIGN_OR_RETURN(std::string passphrase, source.console.ReadSecret("Passphrase: "));
  if (passphrase.empty()) {
    return absl::InvalidArgumentError(
        "an empty passphrase protects nothing: no key was made; choose one, or make a trial with "
        "migctl trial init");
  }
  MIG_ASSIGN_OR_RETURN(const std::string again, source.console.ReadSecret("The same again: "));
  if (again != passphrase) {
    return absl::InvalidArgumentError("the two passphrases differ: no key was made; try again");
  }
  return passphrase;
}

absl::StatusOr<std::string> ExistingPassphrase(const PassphraseSource& source,
                                               absl::string_view key) {
  if (source.file.has_value()) return FromFile(source);
  if (!source.console.facts().can_ask) return NobodyToAsk();
  return source.console.ReadSecret(absl::StrCat("Passphrase of ", key, ": "));
}

}  // namespace mig::ctl
