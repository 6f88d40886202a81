#include "trust/verified.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "proto/mig/v1/refusal.pb.h"
#include "trust/refusal.h"

namespace mig::trust {

namespace {

template <typename T>
constexpr DocumentType kTypeOf = DocumentType::kRoot;
template <>
constexpr DocumentType kTypeOf<Manifest> = DocumentType::kManifest;
template <>
constexpr DocumentType kTypeOf<Plan> = DocumentType::kPlan;
template <>
constexpr DocumentType kTypeOf<Assignment> = DocumentType::kAssignment;
template <>
constexpr DocumentType kTypeOf<Head> = DocumentType::kHead;

// Whose signatures a document needs once it has been read: a root its own root role's as well, an
// emergency plan those of more people.
struct Approval {
  const Role* role;
  uint32_t threshold;
};
Approval ApprovalAfterReading(const Root& document, const Root&) {
  const Role& role = document.role(RoleKind::kRoot);
  return {&role, role.threshold};
}
Approval ApprovalAfterReading(const Plan& document, const Root& root) {
  const Role& role = root.role(RoleKind::kRollout);
  return {&role, document.emergency() ? role.emergency_threshold : role.threshold};
}
template <typename T>
Approval ApprovalAfterReading(const T&, const Root& root) {
  const Role& role = root.role(RulesOf(kTypeOf<T>).role);
  return {&role, role.threshold};
}

// The bound on issue times: of a root its own expiry, which Parse has checked.
absl::Time IssuedBefore(const Root& document, const Root&) { return document.expires(); }
template <typename T>
absl::Time IssuedBefore(const T&, const Root& root) {
  return root.expires();
}

absl::Status CheckFollows(const Root& next, const Root& current) {
  if (next.version() == current.version() + 1) return absl::OkStatus();
  return Refuse(v1::Refusal::ROOT_VERSION,
                absl::StrCat("version ", next.version(), " does not follow version ",
                             current.version(), ": each root follows the one before it"));
}
template <typename T>
absl::Status CheckFollows(const T&, const Root&) {
  return absl::OkStatus();
}

// What the common head says, against the root that judges.
template <typename T>
absl::Status CheckHead(const T& document, const Root& root) {
  const DocumentHead& head = document.head();
  if (head.trust_domain != root.head().trust_domain) {
    return Refuse(v1::Refusal::TRUST_DOMAIN,
                  absl::StrCat("it is of trust domain ", head.trust_domain, ", not of ",
                               root.head().trust_domain));
  }
  if (head.issued >= IssuedBefore(document, root)) {
    return Refuse(
        v1::Refusal::ISSUED_TIME,
        absl::StrCat("it was issued at ", absl::FormatTime(head.issued, absl::UTCTimeZone()),
                     ", when the root has expired (",
                     absl::FormatTime(IssuedBefore(document, root), absl::UTCTimeZone()), ")"));
  }
  return CheckFollows(document, root);
}

template <typename T>
absl::StatusOr<T> ReadUnder(const Envelope& envelope, const Root& root) {
  MIG_ASSIGN_OR_RETURN(T document, T::Parse(envelope.payload()));
  MIG_RETURN_IF_ERROR(CheckHead(document, root));
  return document;
}

}  // namespace

// The only maker of Verified.
class Verifier {
 public:
  // Every document passes here. `root` judges it; null for the root that trust begins with.
  template <typename T>
  static absl::StatusOr<Verified<T>> Run(absl::string_view bytes, const Root* root) {
    const DocumentRules& rules = RulesOf(kTypeOf<T>);
    absl::StatusOr<Verified<T>> result = Judge<T>(bytes, rules, root);
    if (!result.ok()) return WithContext(rules.name, result.status());
    return result;
  }

 private:
  template <typename T>
  static absl::StatusOr<Verified<T>> Judge(absl::string_view bytes, const DocumentRules& rules,
                                           const Root* root) {
    MIG_ASSIGN_OR_RETURN(const Envelope envelope, Envelope::Parse(bytes, rules.type));
    std::vector<KeyId> signers;
    if (root != nullptr) {  // before the payload is looked into
      const Role& role = root->role(rules.role);
      MIG_ASSIGN_OR_RETURN(signers, VerifySignatures(envelope, role, role.threshold));
    }
    MIG_ASSIGN_OR_RETURN(T document, T::Parse(envelope.payload()));
    const Approval approval = ApprovalAfterReading(document, JudgeOf(document, root));
    if (approval.role != RoleOf(rules, root) || approval.threshold > signers.size()) {
      MIG_ASSIGN_OR_RETURN(signers, VerifySignatures(envelope, *approval.role, approval.threshold));
    }
    if (root != nullptr) MIG_RETURN_IF_ERROR(CheckHead(document, *root));
    return Verified<T>(std::move(document), envelope.digest(), std::string(bytes),
                       std::move(signers));
  }

  // Whose signatures were asked for before reading.
  static const Role* RoleOf(const DocumentRules& rules, const Root* root) {
    return root == nullptr ? nullptr : &root->role(rules.role);
  }
  static const Root& JudgeOf(const Root& document, const Root* root) {
    return root == nullptr ? document : *root;
  }
  template <typename T>
  static const Root& JudgeOf(const T&, const Root* root) {
    return *root;
  }
};

template <typename T>
absl::StatusOr<Verified<T>> Verify(absl::string_view envelope, const Verified<Root>& root) {
  return Verifier::Run<T>(envelope, &*root);
}

template absl::StatusOr<Verified<Manifest>> Verify(absl::string_view, const Verified<Root>&);
template absl::StatusOr<Verified<Plan>> Verify(absl::string_view, const Verified<Root>&);
template absl::StatusOr<Verified<Assignment>> Verify(absl::string_view, const Verified<Root>&);
template absl::StatusOr<Verified<Head>> Verify(absl::string_view, const Verified<Root>&);

absl::StatusOr<Verified<Root>> VerifyFirstRoot(absl::string_view envelope) {
  return Verifier::Run<Root>(envelope, nullptr);
}

absl::StatusOr<Verified<Root>> VerifyNextRoot(absl::string_view envelope,
                                              const Verified<Root>& current) {
  return Verifier::Run<Root>(envelope, &*current);
}

absl::Status CheckSignable(const Envelope& envelope, const Verified<Root>& root) {
  const auto check = [&]() -> absl::Status {
    switch (envelope.type()) {
      case DocumentType::kRoot:
        return ReadUnder<Root>(envelope, *root).status();
      case DocumentType::kManifest:
        return ReadUnder<Manifest>(envelope, *root).status();
      case DocumentType::kPlan:
        return ReadUnder<Plan>(envelope, *root).status();
      case DocumentType::kAssignment:
        return ReadUnder<Assignment>(envelope, *root).status();
      case DocumentType::kHead:
        return ReadUnder<Head>(envelope, *root).status();
    }
    return absl::OkStatus();
  };
  return WithContext(RulesOf(envelope.type()).name, check());
}

}  // namespace mig::trust
