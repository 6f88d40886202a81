#include "loader/config/attributes.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/endian.h"
#include "base/text.h"

namespace mig::loader {

namespace {

constexpr size_t kMaxNameBytes = 255;  // of the kernel

// By their numbers, from 0 (linux/capability.h).
constexpr absl::string_view kCapabilities[] = {"cap_chown",
                                               "cap_dac_override",
                                               "cap_dac_read_search",
                                               "cap_fowner",
                                               "cap_fsetid",
                                               "cap_kill",
                                               "cap_setgid",
                                               "cap_setuid",
                                               "cap_setpcap",
                                               "cap_linux_immutable",
                                               "cap_net_bind_service",
                                               "cap_net_broadcast",
                                               "cap_net_admin",
                                               "cap_net_raw",
                                               "cap_ipc_lock",
                                               "cap_ipc_owner",
                                               "cap_sys_module",
                                               "cap_sys_rawio",
                                               "cap_sys_chroot",
                                               "cap_sys_ptrace",
                                               "cap_sys_pacct",
                                               "cap_sys_admin",
                                               "cap_sys_boot",
                                               "cap_sys_nice",
                                               "cap_sys_resource",
                                               "cap_sys_time",
                                               "cap_sys_tty_config",
                                               "cap_mknod",
                                               "cap_lease",
                                               "cap_audit_write",
                                               "cap_audit_control",
                                               "cap_setfcap",
                                               "cap_mac_override",
                                               "cap_mac_admin",
                                               "cap_syslog",
                                               "cap_wake_alarm",
                                               "cap_block_suspend",
                                               "cap_audit_read",
                                               "cap_perfmon",
                                               "cap_bpf",
                                               "cap_checkpoint_restore"};

constexpr uint32_t kRevision2 = 0x02000000;
constexpr uint32_t kEffective = 0x000001;

}  // namespace

absl::Status CheckAttributeName(absl::string_view name) {
  const bool is_user = absl::StartsWith(name, "user.") && name.size() > 5;
  const bool is_label = name == "security.selinux" || name == "security.SMACK64";
  if ((is_user || is_label) && name.size() <= kMaxNameBytes) return absl::OkStatus();
  if (name == kCapabilityAttribute) {
    return absl::InvalidArgumentError(
        "this is written as capabilities = [\"cap_net_raw\"], beside `attributes`");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", base::Escaped(name),
                   "\" is not set here; user.*, security.selinux and security.SMACK64 are, and "
                   "`mode`, `owner` and `capabilities` say who may do what"));
}

absl::StatusOr<std::string> CapabilityValue(const std::vector<std::string>& names) {
  if (names.empty()) return std::string();
  uint64_t permitted = 0;
  for (const std::string& name : names) {
    const auto found = std::find(std::begin(kCapabilities), std::end(kCapabilities), name);
    if (found == std::end(kCapabilities)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", base::Escaped(name), "\" is no capability; they are spelt like \"cap_net_raw\""));
    }
    permitted |= uint64_t{1} << (found - std::begin(kCapabilities));
  }
  std::string value;
  base::AppendU32Le(value, kRevision2 | kEffective);
  base::AppendU32Le(value, static_cast<uint32_t>(permitted));
  base::AppendU32Le(value, 0);  // none inheritable
  base::AppendU32Le(value, static_cast<uint32_t>(permitted >> 32));
  base::AppendU32Le(value, 0);
  return value;
}

}  // namespace mig::loader
