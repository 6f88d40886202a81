#include "coordinator/store/connection_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mig::coordinator {

ConnectionPool::Lease::~Lease() {
  if (own_ != nullptr) pool_.GiveBack(std::move(own_));
}

absl::StatusOr<std::unique_ptr<ConnectionPool::Lease>> ConnectionPool::Take() {
  if (only_ != nullptr) return std::make_unique<Lease>(*this, *only_, *taken_);
  std::unique_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (in_use_ >= kMaxConnections) {
      return absl::UnavailableError(absl::StrCat("store ", path_, ": ", kMaxConnections,
                                                 " reads are under way already; try again"));
    }
    ++in_use_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection == nullptr) {
    absl::StatusOr<std::unique_ptr<Connection>> opened =
        Connection::Open(path_, Connection::Access::kReader);
    if (!opened.ok()) {
      const std::lock_guard lock(mutex_);
      --in_use_;
      return opened.status();
    }
    connection = *std::move(opened);
  }
  return std::make_unique<Lease>(*this, std::move(connection));
}

void ConnectionPool::GiveBack(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  --in_use_;
  idle_.push_back(std::move(connection));
}

}  // namespace mig::coordinator
