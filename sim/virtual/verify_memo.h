// Documents, signatures and contents that were judged before, in one simulation: thousands of hosts
// verify the same few documents and agents at each run, and the same bytes under the same root, or
// key, are the same answer.
//
// It lies below trust/, in the linker: a program that links this target calls BoringSSL's
// ED25519_verify, base's HashFile, and trust's verification of documents and its readers of public
// keys and certificates, through here (ld's --wrap), and only while a VerifyMemo of the calling
// thread is alive is anything remembered. What ships does not link it, and is not compiled
// otherwise for it.

#ifndef MIG_SIM_VIRTUAL_VERIFY_MEMO_H_
#define MIG_SIM_VIRTUAL_VERIFY_MEMO_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/file_contents.h"
#include "base/file_system.h"
#include "base/hash_file.h"
#include "trust/assignment.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/public_key.h"
#include "trust/root.h"
#include "trust/verified.h"
#include "trust/x509/certificate.h"

namespace mig::sim {

// What one kind of document (trust::Root, Plan, ...) was judged to be, by its envelope and the root
// that judged it. Holds at most kMaxDocuments.
template <typename T>
class DocumentMemo {
 public:
  using Answer = absl::StatusOr<trust::Verified<T>>;
  static constexpr size_t kMaxDocuments = 1'000;

  // Null: not known. `root`: its digest; none for the root that trust begins with.
  const Answer* Find(absl::string_view envelope, const std::optional<base::Digest>& root) const {
    const auto known = answers_.find(envelope);
    if (known == answers_.end()) return nullptr;
    for (const auto& [judge, answer] : known->second) {
      if (judge == root) return &answer;
    }
    return nullptr;
  }
  const Answer& Add(absl::string_view envelope, const std::optional<base::Digest>& root,
                    Answer answer) {
    if (++size_ > kMaxDocuments) {
      answers_.clear();
      size_ = 1;
    }
    return answers_[std::string(envelope)].emplace_back(root, std::move(answer)).second;
  }

 private:
  absl::flat_hash_map<std::string, std::vector<std::pair<std::optional<base::Digest>, Answer>>>
      answers_;
  size_t size_ = 0;
};

// One per thread at a time. Memory: at most kMaxVerified answers of 36 bytes, kMaxKeys public keys,
// kMaxChains parsed chains of about 6 KiB, documents as above, and the digests of kMaxFiles files,
// whose chunks stay.
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

  // Of roots, manifests, plans and heads.
  template <typename T, typename Judge>
  absl::StatusOr<trust::Verified<T>> Document(absl::string_view envelope,
                                              const std::optional<base::Digest>& root,
                                              const Judge& judge) {
    ++asked_;
    DocumentMemo<T>& memo = std::get<DocumentMemo<T>>(documents_);
    if (const auto* known = memo.Find(envelope, root); known != nullptr) return *known;
    ++judged_;
    return memo.Add(envelope, root, judge());
  }

  // The digest of a file whose bytes are interned on a memory disk: the same chunks are the same
  // bytes. `hash` is asked for all others. Reading the file counts as it always does.
  absl::StatusOr<base::FileDigest> DigestOf(base::File& file, uint64_t max_bytes,
                                            absl::StatusOr<base::FileDigest> (*hash)(base::File&,
                                                                                     uint64_t));

  uint64_t asked() const { return asked_; }
  uint64_t judged() const { return judged_; }  // of those: not remembered

  static constexpr size_t kMaxVerified = 100'000;
  static constexpr size_t kMaxKeys = 1'000;
  static constexpr size_t kMaxChains = 2'500;
  static constexpr size_t kMaxFiles = 10'000;

 private:
  // By SHA-256 over the lengths and bytes of all three.
  absl::flat_hash_map<base::Digest, int> verified_;
  std::map<std::pair<uint32_t, std::string>, absl::StatusOr<trust::PublicKey>> keys_;
  absl::flat_hash_map<std::string, absl::StatusOr<Chain>> chains_;
  std::tuple<DocumentMemo<trust::Root>, DocumentMemo<trust::Manifest>, DocumentMemo<trust::Plan>,
             DocumentMemo<trust::Head>>
      documents_;
  struct HashShared {
    size_t operator()(const base::FileContents& file) const { return file.SharedHash(); }
  };
  struct IsShared {
    bool operator()(const base::FileContents& a, const base::FileContents& b) const {
      return a.IsSharedWith(b);
    }
  };
  absl::flat_hash_map<base::FileContents, base::FileDigest, HashShared, IsShared> files_;
  uint64_t asked_ = 0;
  uint64_t judged_ = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_VERIFY_MEMO_H_
