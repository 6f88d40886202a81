// Who may call what of the admin service, in one place.

#ifndef MIG_COORDINATOR_HANDLERS_OPERATORS_METHOD_ROLES_H_
#define MIG_COORDINATOR_HANDLERS_OPERATORS_METHOD_ROLES_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "coordinator/store/operator_record.h"
#include "proto/mig/v1/admin_common.pb.h"

namespace mig::coordinator {

struct MethodRoles {
  absl::string_view method;  // as in AdminService: "StartRollout"
  RoleBits roles;            // any one of these
};

// Sorted by method: each of AdminService once.
std::span<const MethodRoles> AllMethodRoles();

// Nothing for a method that is none.
std::optional<RoleBits> RolesFor(absl::string_view method);

constexpr RoleBits BitOf(v1::AdminRole role) { return RoleBits{1} << static_cast<int>(role); }

// "operator", "rollout-signer".
std::string RoleWord(v1::AdminRole role);
// Nothing for another word.
std::optional<v1::AdminRole> RoleFromWord(absl::string_view word);
// In order of number.
std::vector<v1::AdminRole> RolesOf(RoleBits bits);
// Sorted by bytes.
std::vector<std::string> SortedRoleWords(RoleBits bits);
// "operator, rollout-signer", in order of number.
std::string RoleWords(RoleBits bits);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_OPERATORS_METHOD_ROLES_H_
