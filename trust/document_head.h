// What every signed payload begins with, and the values that several documents share.

#ifndef MIG_TRUST_DOCUMENT_HEAD_H_
#define MIG_TRUST_DOCUMENT_HEAD_H_

#include <compare>
#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace mig::trust {

// `format` is 1 and `critical` empty, or there is no document value.
struct DocumentHead {
  std::string trust_domain;
  absl::Time issued;
  friend bool operator==(const DocumentHead&, const DocumentHead&) = default;
};

// Place in a product's line of manifests or a stream's line of plans: epoch first.
struct Numbers {
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  friend auto operator<=>(const Numbers&, const Numbers&) = default;
  // "7", and "2:7" in epoch 2.
  friend std::ostream& operator<<(std::ostream& out, const Numbers& n) {
    if (n.epoch != 0) out << n.epoch << ':';
    return out << n.sequence;
  }
};

std::string ToText(const Numbers& numbers);

}  // namespace mig::trust

#endif  // MIG_TRUST_DOCUMENT_HEAD_H_
