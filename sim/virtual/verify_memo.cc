#include "sim/virtual/verify_memo.h"

#include "base/check.h"
#include "base/memory_file_system.h"
#include "base/sha256.h"
#include "base/status_macros.h"

// What the linker calls the functions: `real` is the one that ships, `wrap` is who is called in
// its place. A name that is wrong is never called: a test sees that all are.
#define MIG_SIM_CREATE_KEY "_ZN3mig5trust9PublicKey6CreateEjN4absl7debian311string_viewE"
#define MIG_SIM_PARSE_CHAIN \
  "_ZN3mig5trust4x50911Certificate13ParsePemChainEN4absl7debian311string_viewE"

#define MIG_SIM_FIRST_ROOT "_ZN3mig5trust15VerifyFirstRootEN4absl7debian311string_viewE"
#define MIG_SIM_HASH_FILE "_ZN3mig4base8HashFileERNS0_4FileEm"
// Of trust::Verify<T>; `type`: how a type of trust/ is mangled.
#define MIG_SIM_VERIFY(type)                                    \
  "_ZN3mig5trust6VerifyINS0_" type                              \
  "EEEN4absl7debian38StatusOrINS0_8VerifiedIT_EEEENS4_11string" \
  "_viewERKNS6_INS0_4RootEEE"

extern "C" int RealVerify(const uint8_t* message, size_t size, const uint8_t signature[64],
                          const uint8_t key[32]) asm("__real_mig_bssl_ED25519_verify");
extern "C" int WrapVerify(const uint8_t* message, size_t size, const uint8_t signature[64],
                          const uint8_t key[32]) asm("__wrap_mig_bssl_ED25519_verify");

namespace mig::sim {

absl::StatusOr<trust::PublicKey> RealCreate(uint32_t algorithm, absl::string_view bytes) asm(
    "__real_" MIG_SIM_CREATE_KEY);
absl::StatusOr<trust::PublicKey> WrapCreate(uint32_t algorithm, absl::string_view bytes) asm(
    "__wrap_" MIG_SIM_CREATE_KEY);

absl::StatusOr<base::FileDigest> RealHash(base::File& file,
                                          uint64_t max_bytes) asm("__real_" MIG_SIM_HASH_FILE);
absl::StatusOr<base::FileDigest> WrapHash(base::File& file,
                                          uint64_t max_bytes) asm("__wrap_" MIG_SIM_HASH_FILE);

template <typename T>
using Judged = absl::StatusOr<trust::Verified<T>>;
using JudgingRoot = trust::Verified<trust::Root>;

Judged<trust::Root> RealFirst(absl::string_view envelope) asm("__real_" MIG_SIM_FIRST_ROOT);
Judged<trust::Root> WrapFirst(absl::string_view envelope) asm("__wrap_" MIG_SIM_FIRST_ROOT);
Judged<trust::Manifest> RealManifest(absl::string_view envelope, const JudgingRoot& root) asm(
    "__real_" MIG_SIM_VERIFY("8Manifest"));
Judged<trust::Manifest> WrapManifest(absl::string_view envelope, const JudgingRoot& root) asm(
    "__wrap_" MIG_SIM_VERIFY("8Manifest"));
Judged<trust::Plan> RealPlan(absl::string_view envelope,
                             const JudgingRoot& root) asm("__real_" MIG_SIM_VERIFY("4Plan"));
Judged<trust::Plan> WrapPlan(absl::string_view envelope,
                             const JudgingRoot& root) asm("__wrap_" MIG_SIM_VERIFY("4Plan"));
Judged<trust::Head> RealHead(absl::string_view envelope,
                             const JudgingRoot& root) asm("__real_" MIG_SIM_VERIFY("4Head"));
Judged<trust::Head> WrapHead(absl::string_view envelope,
                             const JudgingRoot& root) asm("__wrap_" MIG_SIM_VERIFY("4Head"));

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

absl::StatusOr<base::FileDigest> VerifyMemo::DigestOf(
    base::File& file, uint64_t max_bytes,
    absl::StatusOr<base::FileDigest> (*hash)(base::File&, uint64_t)) {
  const base::FileContents* const contents = base::ContentsOf(file);
  if (contents == nullptr || !contents->IsInterned()) return hash(file, max_bytes);
  ++asked_;
  const auto known = files_.find(*contents);
  if (known != files_.end()) {
    const auto look_away = [](absl::string_view) {};
    MIG_RETURN_IF_ERROR(file.ReadThrough(max_bytes, look_away).status());
    return known->second;
  }
  ++judged_;
  const base::FileContents copy = *contents;
  MIG_ASSIGN_OR_RETURN(const base::FileDigest digest, hash(file, max_bytes));
  if (files_.size() >= kMaxFiles) files_.clear();
  files_.emplace(copy, digest);
  return digest;
}

absl::StatusOr<base::FileDigest> WrapHash(base::File& file, uint64_t max_bytes) {
  if (current == nullptr) return RealHash(file, max_bytes);
  return current->DigestOf(file, max_bytes, RealHash);
}

absl::StatusOr<VerifyMemo::Chain> WrapParse(absl::string_view pem) {
  if (current == nullptr) return RealParse(pem);
  return current->ChainIn(pem, RealParse);
}

absl::StatusOr<trust::PublicKey> WrapCreate(uint32_t algorithm, absl::string_view bytes) {
  if (current == nullptr) return RealCreate(algorithm, bytes);
  return current->Key(algorithm, bytes, RealCreate);
}

namespace {

template <typename T>
Judged<T> Remembered(absl::string_view envelope, const JudgingRoot& root,
                     Judged<T> (*real)(absl::string_view, const JudgingRoot&)) {
  const auto judge = [&] { return real(envelope, root); };
  return current == nullptr ? judge() : current->Document<T>(envelope, root.digest(), judge);
}

}  // namespace

Judged<trust::Root> WrapFirst(absl::string_view envelope) {
  const auto judge = [&] { return RealFirst(envelope); };
  return current == nullptr ? judge()
                            : current->Document<trust::Root>(envelope, std::nullopt, judge);
}

Judged<trust::Manifest> WrapManifest(absl::string_view envelope, const JudgingRoot& root) {
  return Remembered(envelope, root, RealManifest);
}

Judged<trust::Plan> WrapPlan(absl::string_view envelope, const JudgingRoot& root) {
  return Remembered(envelope, root, RealPlan);
}

Judged<trust::Head> WrapHead(absl::string_view envelope, const JudgingRoot& root) {
  return Remembered(envelope, root, RealHead);
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
