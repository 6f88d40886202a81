#include "sim/virtual/verify_memo.h"

#include "base/check.h"
#include "base/sha256.h"

// What the linker calls the functions: `real` is the one that ships, `wrap` is who is called in
// its place. A name that is wrong is never called: a test sees that all are.
#define MIG_SIM_CREATE_KEY "_ZN3mig5trust9PublicKey6CreateEjN4absl7debian311string_viewE"
#define MIG_SIM_PARSE_CHAIN \
  "_ZN3mig5trust4x50911Certificate13ParsePemChainEN4absl7debian311string_viewE"

extern "C" int RealVerify(const uint8_t* message, size_t size, const uint8_t signature[64],
                          const uint8_t key[32]) asm("__real_mig_bssl_ED25519_verify");
extern "C" int WrapVerify(const uint8_t* message, size_t size, const uint8_t signature[64],
                          const uint8_t key[32]) asm("__wrap_mig_bssl_ED25519_verify");

namespace mig::sim {

absl::StatusOr<trust::PublicKey> RealCreate(uint32_t algorithm, absl::string_view bytes) asm(
    "__real_" MIG_SIM_CREATE_KEY);
absl::StatusOr<trust::PublicKey> WrapCreate(uint32_t algorithm, absl::string_view bytes) asm(
    "__wrap_" MIG_SIM_CREATE_KEY);

absl::StatusOr<VerifyMemo::Chain> RealParse(absl::string_view pem) asm(
    "__real_" MIG_SIM_PARSE_CHAIN);
absl::StatusOr<VerifyMemo::Chain> WrapParse(absl::string_view pem) asm(
    "__wrap_" MIG_SIM_PARSE_CHAIN);

namespace {

// Whose answers the calling thread remembers; null: it remembers none. The linker hands over no
// argument of ours.
thread_local VerifyMemo* current = nullptr;

constexpr size_t kSignatureBytes = 64;
constexpr size_t kKeyBytes = 32;

absl::string_view View(const uint8_t* bytes, size_t size) {
  return absl::string_view(reinterpret_cast<const char*>(bytes), size);
}

const uint8_t* Data(absl::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

}  // namespace

VerifyMemo::VerifyMemo() {
  MIG_CHECK(current == nullptr) << "this thread remembers signatures already";
  current = this;
}

VerifyMemo::~VerifyMemo() { current = nullptr; }

int VerifyMemo::Verify(absl::string_view message, absl::string_view signature,
                       absl::string_view key,
                       int (*verify)(const uint8_t*, size_t, const uint8_t*, const uint8_t*)) {
  ++asked_;
  const base::Digest digest =
      base::Sha256().AddWithLength(message).AddWithLength(signature).AddWithLength(key).Finish();
  if (const auto known = verified_.find(digest); known != verified_.end()) return known->second;
  if (verified_.size() >= kMaxVerified) verified_.clear();
  ++judged_;
  const int answer = verify(Data(message), message.size(), Data(signature), Data(key));
  verified_.emplace(digest, answer);
  return answer;
}

absl::StatusOr<trust::PublicKey> VerifyMemo::Key(
    uint32_t algorithm, absl::string_view bytes,
    absl::StatusOr<trust::PublicKey> (*create)(uint32_t, absl::string_view)) {
  ++asked_;
  const std::pair<uint32_t, std::string> name(algorithm, bytes);
  if (const auto known = keys_.find(name); known != keys_.end()) return known->second;
  if (keys_.size() >= kMaxKeys) keys_.clear();
  ++judged_;
  return keys_.emplace(name, create(algorithm, bytes)).first->second;
}

absl::StatusOr<VerifyMemo::Chain> VerifyMemo::ChainIn(
    absl::string_view pem, absl::StatusOr<Chain> (*parse)(absl::string_view)) {
  ++asked_;
  const std::string name(pem);
  if (const auto known = chains_.find(name); known != chains_.end()) return known->second;
  if (chains_.size() >= kMaxChains) chains_.clear();
  ++judged_;
  return chains_.emplace(name, parse(pem)).first->second;
}

absl::StatusOr<VerifyMemo::Chain> WrapParse(absl::string_view pem) {
  if (current == nullptr) return RealParse(pem);
  return current->ChainIn(pem, RealParse);
}

absl::StatusOr<trust::PublicKey> WrapCreate(uint32_t algorithm, absl::string_view bytes) {
  if (current == nullptr) return RealCreate(algorithm, bytes);
  return current->Key(algorithm, bytes, RealCreate);
}

}  // namespace mig::sim

int WrapVerify(const uint8_t* message, size_t size, const uint8_t signature[64],
               const uint8_t key[32]) {
  using mig::sim::current;
  using mig::sim::View;
  if (current == nullptr) return RealVerify(message, size, signature, key);
  return current->Verify(View(message, size), View(signature, mig::sim::kSignatureBytes),
                         View(key, mig::sim::kKeyBytes), RealVerify);
}
