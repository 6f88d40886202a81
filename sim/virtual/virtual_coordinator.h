// The shipped coordinator's handlers in virtual time, as a process that can be killed: its store
// keeps what was committed, its disk what was written, and nothing else is there after a kill.

#ifndef MIG_SIM_VIRTUAL_VIRTUAL_COORDINATOR_H_
#define MIG_SIM_VIRTUAL_VIRTUAL_COORDINATOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/memory_file_system.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/handlers/coordinator.h"
#include "sim/fiber/host_clock.h"
#include "sim/fiber/virtual_time.h"
#include "sim/virtual/lossy_store.h"
#include "sim/virtual/server.h"
#include "sim/world/documents.h"
#include "trust/token/token.h"
#include "trust/x509/authority.h"

namespace mig::sim {

// One thread. What must not fail crashes with what it said. Operators' calls are answered before
// they return; the time stands still meanwhile.
class VirtualCoordinator : public Server {
 public:
  // Makes its CAs, as `mig-coordinator init` does; `documents` must name them, so Open comes later.
  VirtualCoordinator(VirtualTime& time, base::testing::Seed seed);
  ~VirtualCoordinator() override;

  // What a root must say of it.
  DomainParts domain() const;

  // Starts the process for the first time: roots, releases and contents are uploaded, the operator
  // is invited. `documents` must outlive it.
  void Open(const Documents& documents);

  // --- The process

  // kill -9. Nothing if it is down.
  void Kill();
  // Starts it again, from what is durable. Nothing if it is up.
  void StartAgain();

  // --- What operators do

  void StartRollout(const SignedPlan& plan);
  void Halt(const SignedPlan& plan);
  trust::Token NewToken(uint32_t uses);

  // --- What checks look at

  coordinator::Coordinator& coordinator() { return *coordinator_; }  // while it is up
  coordinator::SqliteStore& durable() { return store_.durable(); }
  // The operator that does all of the above.
  const coordinator::Peer& admin() const { return admin_; }
  base::Clock& clock() { return clock_; }

  // Calls `start(done)` and commits until it has answered.
  template <typename Answer>
  absl::StatusOr<Answer> Wait(absl::FunctionRef<void(coordinator::Done<Answer>)> start) {
    absl::StatusOr<Answer> result = absl::InternalError("the handler gave no answer");
    bool answered = false;
    start([&](absl::StatusOr<Answer> answer) {
      result = std::move(answer);
      answered = true;
    });
    for (int i = 0; !answered && i < 1'000; ++i) store_.Commit();
    return result;
  }

  // --- Server
  bool IsUp() const override { return coordinator_ != nullptr; }
  coordinator::Peer PeerOf(absl::string_view certificate_der, absl::string_view address) override;
  void Unary(loader::Method method, const coordinator::Peer& peer, std::string request,
             Answered answered) override;
  absl::StatusOr<std::unique_ptr<Stream>> Open(loader::Method method, const coordinator::Peer& peer,
                                               absl::string_view request) override;

 private:
  class OpenStream;

  void StartProcess();
  void Tick();
  coordinator::Peer FirstLogin();
  void Upload(const Content& content);
  void PutDocument(absl::string_view envelope);

  VirtualTime& time_;
  HostClock clock_;
  base::testing::SeededRandom random_;
  trust::x509::Authority loaders_ca_;
  trust::x509::Authority operators_ca_;
  base::MemoryFileSystem disk_;
  LossyStore store_;
  const Documents* documents_ = nullptr;
  std::unique_ptr<coordinator::BlobStore> blobs_;
  std::set<OpenStream*> streams_;
  std::unique_ptr<coordinator::Coordinator> coordinator_;
  coordinator::Peer admin_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_VIRTUAL_COORDINATOR_H_
