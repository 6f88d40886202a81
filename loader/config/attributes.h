// Extended attributes of a component's file, as the dictionary says them (ADVERSARY 110): labels,
// capabilities, user attributes.

#ifndef MIG_LOADER_CONFIG_ATTRIBUTES_H_
#define MIG_LOADER_CONFIG_ATTRIBUTES_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::loader {

// Values by name, as the kernel takes them; of a label without the zero byte at its end. An empty
// value: the file shall not have, or does not have, that attribute.
using Attributes = std::map<std::string, std::string, std::less<>>;

inline constexpr absl::string_view kCapabilityAttribute = "security.capability";
// What a new file takes over from the one that it replaces, where the dictionary does not say.
inline constexpr absl::string_view kTakenOver[] = {"security.SMACK64", kCapabilityAttribute,
                                                   "security.selinux"};

// Of one file. Values are text of at most base::kMaxConfigurationTextBytes.
inline constexpr size_t kMaxAttributes = 16;

// InvalidArgument unless the dictionary may name it: user.* and the labels security.selinux and
// security.SMACK64. Others are refused with the way out: capabilities have a key of their own,
// access lists would contradict `mode`, and signatures (security.ima) are of one content.
absl::Status CheckAttributeName(absl::string_view name);

// The value of security.capability that permits `names` ("cap_net_raw") and makes them effective,
// as `setcap NAME+ep` does (struct vfs_cap_data, revision 2); empty for none.
// InvalidArgument, naming it: not a capability of Linux 6.1.
absl::StatusOr<std::string> CapabilityValue(const std::vector<std::string>& names);

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_ATTRIBUTES_H_
