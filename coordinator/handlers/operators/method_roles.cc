#include "coordinator/handlers/operators/method_roles.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace mig::coordinator {
namespace {

constexpr RoleBits kOperator = BitOf(v1::ADMIN_ROLE_OPERATOR);
constexpr RoleBits kApprover = BitOf(v1::ADMIN_ROLE_APPROVER);
constexpr RoleBits kAdmin = BitOf(v1::ADMIN_ROLE_ADMIN);
constexpr RoleBits kSigners =
    BitOf(v1::ADMIN_ROLE_ROLLOUT_SIGNER) | BitOf(v1::ADMIN_ROLE_RELEASE_SIGNER);
// Whoever does anything may look.
constexpr RoleBits kAnybody =
    BitOf(v1::ADMIN_ROLE_VIEWER) | kOperator | kApprover | kSigners | kAdmin;
// What is uploaded is judged by its own signatures.
constexpr RoleBits kUploaders = kOperator | kSigners;
// Stops something: everybody who may do more than look.
constexpr RoleBits kStoppers = kOperator | kApprover | kSigners | kAdmin;

constexpr MethodRoles kMethods[] = {
    {"ApproveEnrollment", kOperator},
    {"ApproveRequest", kApprover},
    {"ConfirmStore", kAdmin},
    {"CreateToken", kOperator},
    {"CreateWebLink", kAnybody},
    {"DenyEnrollment", kOperator},
    {"DisableHost", kOperator},
    {"Doctor", kAnybody},
    {"ExplainHost", kAnybody},
    {"FallBackRollout", kOperator},
    {"FindBlobs", kAnybody},
    {"GetDocument", kAnybody},
    {"GetHost", kAnybody},
    {"GetRelease", kAnybody},
    {"GetRollout", kAnybody},
    {"HaltRollout", kStoppers},
    {"InviteOperator", kAdmin},
    {"LabelHost", kOperator},
    {"ListAudit", kAnybody},
    {"ListDocuments", kAnybody},
    {"ListEnrollments", kAnybody},
    {"ListHosts", kAnybody},
    {"ListOperators", kAnybody},
    {"ListReleases", kAnybody},
    {"ListRequests", kAnybody},
    {"ListRolloutEvents", kAnybody},
    {"ListRollouts", kAnybody},
    {"ListTokens", kAnybody},
    {"MergeHosts", kOperator},
    {"PinHost", kOperator},
    {"PreviewPlan", kAnybody},
    {"PutDocument", kUploaders},
    {"RenewOperatorCertificate", kAnybody},
    {"ResumeRollout", kOperator},
    {"RevokeHosts", kOperator},
    {"RevokeOperator", kAdmin},
    {"RevokeToken", kOperator},
    {"StartRollout", kOperator},
    {"UploadBlob", kUploaders},
    {"VerifyAudit", kAnybody},
    {"WatchRollout", kAnybody},
    {"WhoAmI", kAnybody},
};

constexpr absl::string_view kRolePrefix = "ADMIN_ROLE_";

}  // namespace

std::span<const MethodRoles> AllMethodRoles() { return kMethods; }

std::optional<RoleBits> RolesFor(absl::string_view method) {
  const auto found = std::ranges::lower_bound(kMethods, method, {}, &MethodRoles::method);
  if (found == std::end(kMethods) || found->method != method) return std::nullopt;
  return found->roles;
}

std::string RoleWord(v1::AdminRole role) {
  const absl::string_view name = v1::AdminRole_Name(role);
  return absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(name, kRolePrefix)),
                             {{"_", "-"}});
}

std::vector<v1::AdminRole> RolesOf(RoleBits bits) {
  std::vector<v1::AdminRole> roles;
  for (int number = v1::ADMIN_ROLE_VIEWER; number <= v1::AdminRole_MAX; ++number) {
    const auto role = static_cast<v1::AdminRole>(number);
    if ((bits & BitOf(role)) != 0) roles.push_back(role);
  }
  return roles;
}

std::optional<v1::AdminRole> RoleFromWord(absl::string_view word) {
  for (const v1::AdminRole role : RolesOf(kAnybody)) {
    if (RoleWord(role) == word) return role;
  }
  return std::nullopt;
}

std::vector<std::string> SortedRoleWords(RoleBits bits) {
  std::vector<std::string> words;
  for (const v1::AdminRole role : RolesOf(bits)) words.push_back(RoleWord(role));
  std::ranges::sort(words);
  return words;
}

std::string RoleWords(RoleBits bits) {
  std::vector<std::string> words;
  for (const v1::AdminRole role : RolesOf(bits)) words.push_back(RoleWord(role));
  return absl::StrJoin(words, ", ");
}

}  // namespace mig::coordinator
