// The bare batched upsert that the coordinator's store is measured against: SQLite alone, with the
// same table, the same settings and the same durability, and nothing of ours around it.

#ifndef MIG_BENCH_LIMITS_SQLITE_H_
#define MIG_BENCH_LIMITS_SQLITE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace mig::bench {

// A check-in as the table host_seen has it.
struct BareSeenRow {
  std::string id;
  int64_t last_seen_ms = 0;
  std::string seen_address;
  std::string environment;
  std::string summary;
  std::string machine;
  std::string answer_issued;
  std::string answer_returned;
};

// One thread. Whatever fails crashes: there is nothing to measure then.
class BareUpsert {
 public:
  // Makes the file at `path`.
  explicit BareUpsert(const std::string& path);
  ~BareUpsert();

  BareUpsert(const BareUpsert&) = delete;
  BareUpsert& operator=(const BareUpsert&) = delete;

  // One transaction, durable when it returns.
  void Write(std::span<const BareSeenRow> rows);

 private:
  struct Native;
  std::unique_ptr<Native> native_;
};

}  // namespace mig::bench

#endif  // MIG_BENCH_LIMITS_SQLITE_H_
