// The host's key and certificate on its disk.
//
// A key and its certificate lie in *one* file, so that no kill and no power cut can leave a pair
// that does not fit (ADVERSARY 150):
//   identity/host.pem    private key, then certificate chain, 0600: what the host shows
//   identity/next.key    a private key that a certificate was asked for, or is about to be
//   identity/former.pem  what host.pem was before the last renewal: shown where the coordinator's
//                        restored store does not know the current one (CONTRACT.md 3)
//   identity/root        envelope of the root under which the host enrolled
//
// No machine id of our own is kept here: a cloned disk would bring it along, and what tells clones
// apart is what the disk does not have (run/self_view.h, MachineOf; ADVERSARY 155).

#ifndef MIG_LOADER_STATE_IDENTITY_STORE_H_
#define MIG_LOADER_STATE_IDENTITY_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "base/sizes.h"

namespace mig::loader {

// PEM as the coordinator and gRPC take it. Not logged.
struct IdentityPem {
  std::string private_key;        // one PEM block
  std::string certificate_chain;  // leaf first

  friend bool operator==(const IdentityPem&, const IdentityPem&) = default;
};

// Parses no key and no certificate: who uses them does. One thread at a time; writers hold the
// lock. Files are 0600, at most kMaxIdentityFileBytes each.
//
// A renewal: StartRenewal(new key), ask for a certificate, Install it. Killed anywhere between,
// Current() works, and PendingKey() is the key to ask again with (same request: safe to repeat).
class IdentityStore {
 public:
  static constexpr uint64_t kMaxIdentityFileBytes = 48 * base::kKiB;

  explicit IdentityStore(std::unique_ptr<base::Directory> directory)
      : directory_(std::move(directory)) {}

  // nullopt: not enrolled. DataLoss: the file is not a key and a chain; names it.
  absl::StatusOr<std::optional<IdentityPem>> Current();
  absl::StatusOr<std::optional<IdentityPem>> Former();

  // The key that waits for a certificate; nullopt if none does. At enrollment too.
  absl::StatusOr<std::optional<std::string>> PendingKey();

  // Keeps the key durably before anybody is asked for a certificate. Replaces another one.
  absl::Status StartRenewal(absl::string_view private_key_pem);

  // `identity` is current from now on, durably; what was current becomes the former one, and the
  // pending key is gone. Its key is the pending one (the caller has checked chain, id and key).
  absl::Status Install(const IdentityPem& identity);

  // The root of the enrollment. NotFound if there is none.
  absl::StatusOr<std::string> AnchorRoot();
  absl::Status SetAnchorRoot(absl::string_view envelope);

 private:
  absl::StatusOr<std::optional<std::string>> ReadIfThere(absl::string_view name);
  absl::StatusOr<std::optional<IdentityPem>> ReadPair(absl::string_view name);

  std::unique_ptr<base::Directory> directory_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_STATE_IDENTITY_STORE_H_
