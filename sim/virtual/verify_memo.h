// Signatures that were judged before, in one simulation: thousands of hosts verify the same few
// documents at each run, and the same bytes under the same key are the same answer.
//
// It lies below trust/, in the linker: a program that links this target calls BoringSSL's
// ED25519_verify, and trust's own readers of public keys and certificates, through here (ld's
// --wrap), and only while
// a VerifyMemo of the calling thread is alive is anything remembered. What ships does not link it,
// and is not compiled otherwise for it.

#ifndef MIG_SIM_VIRTUAL_VERIFY_MEMO_H_
#define MIG_SIM_VIRTUAL_VERIFY_MEMO_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "trust/public_key.h"
#include "trust/x509/certificate.h"

namespace mig::sim {

// One per thread at a time. Memory: at most kMaxVerified answers of 36 bytes, kMaxKeys public keys
// and kMaxChains parsed chains of about 6 KiB.
class VerifyMemo {
 public:
  VerifyMemo();
  ~VerifyMemo();
  VerifyMemo(const VerifyMemo&) = delete;
  VerifyMemo& operator=(const VerifyMemo&) = delete;

  // What `verify` says of it, asked once.
  int Verify(absl::string_view message, absl::string_view signature, absl::string_view key,
             int (*verify)(const uint8_t*, size_t, const uint8_t*, const uint8_t*));
  absl::StatusOr<trust::PublicKey> Key(
      uint32_t algorithm, absl::string_view bytes,
      absl::StatusOr<trust::PublicKey> (*create)(uint32_t, absl::string_view));

  using Chain = std::vector<trust::x509::Certificate>;
  absl::StatusOr<Chain> ChainIn(absl::string_view pem,
                                absl::StatusOr<Chain> (*parse)(absl::string_view));

  uint64_t asked() const { return asked_; }
  uint64_t judged() const { return judged_; }  // of those: not remembered

  static constexpr size_t kMaxVerified = 100'000;
  static constexpr size_t kMaxKeys = 1'000;
  static constexpr size_t kMaxChains = 2'500;

 private:
  // By SHA-256 over the lengths and bytes of all three.
  absl::flat_hash_map<base::Digest, int> verified_;
  std::map<std::pair<uint32_t, std::string>, absl::StatusOr<trust::PublicKey>> keys_;
  absl::flat_hash_map<std::string, absl::StatusOr<Chain>> chains_;
  uint64_t asked_ = 0;
  uint64_t judged_ = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_VERIFY_MEMO_H_
