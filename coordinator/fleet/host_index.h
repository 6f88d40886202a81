// Every host in memory, so that a check-in reads no store: who may call, and what the next check-in
// is compared with. At most base::kMaxIndexBytesPerHost each, texts apart.

#ifndef MIG_COORDINATOR_FLEET_HOST_INDEX_H_
#define MIG_COORDINATOR_FLEET_HOST_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/ids.h"
#include "coordinator/store/outcome_record.h"
#include "proto/mig/v1/report.pb.h"
#include "rollout/filter.h"

namespace mig::coordinator {

// What filters and checks need besides, shared by the hosts that have the same. Immutable.
struct HostMarks {
  std::vector<Label> labels;
  // What an operator pinned; nothing: no pin.
  std::optional<rollout::Filter> pin;
};

// The last outcome that a host reported, but for what it merely noticed.
struct LastOutcome {
  v1::Outcome::Result result = v1::Outcome::RESULT_UNSPECIFIED;  // unspecified: none
  v1::Outcome::Stage stage = v1::Outcome::STAGE_UNSPECIFIED;
  v1::Refusal::Code code = v1::Refusal::REFUSAL_UNSPECIFIED;
  uint32_t exit_status = 0;
  absl::Time received_at = absl::InfinitePast();
};

// So many outcomes of one host at most lie in the store beyond those that a trim keeps.
inline constexpr size_t kTrimOutcomesEvery = 64;

// One host as the index knows it; a copy, which nothing changes behind its owner's back.
struct HostEntry {
  HostId id;
  HostState state = HostState::kEnabled;
  base::Digest machine;
  absl::Time enrolled_at;
  absl::Time last_seen = absl::InfinitePast();
  absl::Time last_offer_at = absl::InfinitePast();
  LastOutcome last_outcome;
  bool cloned = false;                     // two machines were seen to use this identity
  bool mismatch = false;                   // its last check-in did not match the pin
  std::shared_ptr<const HostMarks> marks;  // null: no labels, no pin
};

// Any thread may call.
class HostIndex {
 public:
  HostIndex() = default;
  HostIndex(const HostIndex&) = delete;
  HostIndex& operator=(const HostIndex&) = delete;

  // --- Who may call

  // The host that `peer` is, at this moment: a loader's id of `trust_domain` whose certificate's
  // key is recorded for it. Errors (trust::RefusalOf): CERTIFICATE, UNRECORDED_KEY, REVOKED,
  // DISABLED.
  absl::StatusOr<HostId> Identify(const Peer& peer, absl::string_view trust_domain) const;
  // The same for who was let in before: revoked or disabled meanwhile?
  absl::Status StillWelcome(const HostId& host) const;

  // --- Looking

  std::optional<HostEntry> Find(const HostId& host) const;
  size_t size() const;
  // Sorted. Those whose id begins with `hex_prefix` (4 to 64 digits), at most `limit`.
  std::vector<HostId> FindByPrefix(absl::string_view hex_prefix, size_t limit) const;

  // --- Following what became durable

  void Apply(const HostRecord& record);
  void Apply(const HostSeenRecord& seen);  // at the start, from the store
  void ApplyOffer(const HostId& host, absl::Time at);
  void ApplyOutcome(const HostId& host, absl::Time received_at, const v1::Outcome& outcome);

  // --- Check-ins

  enum class CloneVerdict {
    kGood,
    kFirstSeen,  // another answer than the two known ones, for the first time: to be recorded
    kKnown,      // the same again
  };
  // A check-in at `now` that returned `previous` gets `next` as its answer's id. Either of the last
  // answer given out and the last one returned is good (an answer may be lost); so is anything at
  // the first check-in since this index was made, since up to 30 s of answers may be lost with the
  // process (CONTRACT.md 3).
  CloneVerdict NoteAnswer(const HostId& host, const AnswerId& previous, const AnswerId& next,
                          absl::Time now);
  // Another machine showed this host's identity. As above; never kGood.
  CloneVerdict NoteOtherMachine(const HostId& host);
  // Whether its environment matches the pin. True if that is news.
  bool NoteMismatch(const HostId& host, bool mismatch);

  // --- Reports

  // `outcomes` more are about to be appended. True: kTrimOutcomesEvery came since it was last true
  // (or the start), and the same batch is to trim them.
  bool CountOutcomes(const HostId& host, size_t outcomes);

  // The last answer given out and the last one returned, for the store.
  struct Answers {
    AnswerId issued;
    AnswerId returned;
  };
  std::optional<Answers> AnswersOf(const HostId& host) const;

 private:
  // Packed: it is there a million times.
  struct Packed {
    std::array<char, base::Digest::kSizeBytes> current_key = {};
    std::array<char, base::Digest::kSizeBytes> next_key = {};
    std::array<char, base::Digest::kSizeBytes> machine = {};
    AnswerId issued;
    AnswerId returned;
    int64_t enrolled_ms = 0;
    int64_t last_seen_ms = 0;  // 0: never
    uint32_t last_offer_s = 0;
    uint32_t outcome_s = 0;
    uint32_t marks = 0;  // position in marks_; 0: none
    uint16_t outcome_code = 0;
    uint8_t outcome_result = 0;
    uint8_t outcome_stage = 0;
    uint8_t outcome_exit_status = 0;
    uint8_t untrimmed_outcomes = 0;
    uint8_t state : 2 = 0;
    uint8_t has_current : 1 = 0;
    uint8_t has_next : 1 = 0;
    uint8_t cloned : 1 = 0;
    uint8_t mismatch : 1 = 0;
    uint8_t seen_since_start : 1 = 0;
  };
  static_assert(sizeof(Packed) + sizeof(HostId) <= 200);

  HostEntry Unpack(const HostId& id, const Packed& packed) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  uint32_t MarksOf(const HostRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<HostId, Packed> hosts_ ABSL_GUARDED_BY(mutex_);
  // Each distinct set of labels and pin once; [0] is none. Grows with operators' changes only.
  std::vector<std::shared_ptr<const HostMarks>> marks_ ABSL_GUARDED_BY(mutex_) = {nullptr};
  absl::flat_hash_map<std::string, uint32_t> marks_by_text_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_FLEET_HOST_INDEX_H_
