// Heads that hosts showed and that say nothing new.

#ifndef MIG_COORDINATOR_FLEET_KNOWN_HEADS_H_
#define MIG_COORDINATOR_FLEET_KNOWN_HEADS_H_

#include <cstddef>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "base/digest.h"

namespace mig::coordinator {

// Every check-in brings a head, and hosts that were here at about the same time bring the same one:
// it is read once. Only heads that can never say more belong here: those of other stores, and those
// that this store has caught up with, since it never goes back.
//
// Any thread may call. Memory: kPlaces digests; of two for one place the later one stays.
class KnownHeads {
 public:
  KnownHeads() : places_(kPlaces) {}

  KnownHeads(const KnownHeads&) = delete;
  KnownHeads& operator=(const KnownHeads&) = delete;

  // `envelope` is SHA-256 of all its bytes.
  bool Contains(const base::Digest& envelope) const {
    absl::ReaderMutexLock lock(&mutex_);
    return places_[PlaceOf(envelope)] == envelope;
  }
  void Add(const base::Digest& envelope) {
    absl::MutexLock lock(&mutex_);
    places_[PlaceOf(envelope)] = envelope;
  }

 private:
  // Some hours of heads where history goes on once a minute.
  static constexpr size_t kPlaces = 256;

  static size_t PlaceOf(const base::Digest& digest) {
    return static_cast<unsigned char>(digest.bytes().front()) % kPlaces;
  }

  mutable absl::Mutex mutex_;
  std::vector<base::Digest> places_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_FLEET_KNOWN_HEADS_H_
