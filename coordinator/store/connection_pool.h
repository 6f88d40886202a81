// Connections for those who read, so that none of them waits for another or for the writer.

#ifndef MIG_COORDINATOR_STORE_CONNECTION_POOL_H_
#define MIG_COORDINATOR_STORE_CONNECTION_POOL_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/store/sqlite.h"

namespace mig::coordinator {

// Any thread may call.
class ConnectionPool {
 public:
  // Reads under way at the same time; beyond it Unavailable.
  static constexpr size_t kMaxConnections = 16;

  // Of the file at `path`, opened as they are needed.
  explicit ConnectionPool(std::string path) : path_(std::move(path)) {}
  // Of a database in memory there is only one, which the writer uses too: `taken` is locked as
  // long as somebody has it. Both must outlive the pool.
  ConnectionPool(Connection& only, std::mutex& taken) : only_(&only), taken_(&taken) {}

  // One connection, for one reader, until it goes.
  class Lease {
   public:
    Lease(ConnectionPool& pool, std::unique_ptr<Connection> own)
        : pool_(pool), own_(std::move(own)), connection_(*own_) {}
    Lease(ConnectionPool& pool, Connection& shared, std::mutex& taken)
        : pool_(pool), connection_(shared), lock_(taken) {}
    ~Lease();

    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    Connection& operator*() { return connection_; }

   private:
    ConnectionPool& pool_;
    std::unique_ptr<Connection> own_;
    Connection& connection_;
    std::unique_lock<std::mutex> lock_;
  };

  absl::StatusOr<std::unique_ptr<Lease>> Take();

 private:
  void GiveBack(std::unique_ptr<Connection> connection);

  std::string path_;
  Connection* only_ = nullptr;
  std::mutex* taken_ = nullptr;

  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mutex_
  size_t in_use_ = 0;                              // guarded by mutex_
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_CONNECTION_POOL_H_
