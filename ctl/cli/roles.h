// Roles of operators as words, and labels as NAME=VALUE.

#ifndef MIG_CTL_CLI_ROLES_H_
#define MIG_CTL_CLI_ROLES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/mig/v1/admin_common.pb.h"
#include "proto/mig/v1/environment.pb.h"

namespace mig::ctl {

// "rollout-signer"; the number of a role that this program does not know.
std::string RoleWord(int role);
// "admin, operator".
std::string RoleWords(const google::protobuf::RepeatedField<int>& roles);
// Each of `texts` is one word or several with commas; sorted, each once. InvalidArgument lists the
// words that there are.
absl::StatusOr<std::vector<v1::AdminRole>> ParseRoles(const std::vector<std::string>& texts);

// Sorted by name; the last one of a name counts. InvalidArgument shows `flag` and the right form.
absl::StatusOr<std::vector<v1::Tag>> ParseLabels(const std::vector<std::string>& texts,
                                                 absl::string_view flag);

}  // namespace mig::ctl

#endif  // MIG_CTL_CLI_ROLES_H_
