// What crosses the wire and must not be believed, or not be answered.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "tests/end_to_end/house.h"
#include "tests/end_to_end/wire_client.h"
#include "tests/harness/files.h"
#include "tests/stolen/forged_documents.h"
#include "tests/stolen/stolen_coordinator.h"
#include "trust/refusal.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

class WireTest : public House {
 protected:
  // What openssl's own client sees of a handshake, with everything after it cut off.
  CommandResult Handshake(uint16_t port, const std::string& version) {
    const auto seen =
        world().Run({"/usr/bin/openssl", "s_client", "-connect", LoopbackEndpoint(port), version,
                     "-CAfile", TrialFile("servers-ca.pem"), "-alpn", "h2", "-brief"});
    EXPECT_THAT(seen, IsOk());
    return seen.ok() ? *seen : CommandResult();
  }

  std::unique_ptr<StolenCoordinator> Steal(Lie lie) {
    EXPECT_THAT(coordinator().Stop(), IsOk());
    auto thief = StolenCoordinator::Start(coordinator().directory(), coordinator().ports().loaders,
                                          std::move(lie), *clock_, random_);
    EXPECT_THAT(thief, IsOk());
    return thief.ok() ? *std::move(thief) : nullptr;
  }

  static v1::AssignmentItem Item(const base::Digest& manifest, const base::Digest& plan) {
    v1::AssignmentItem item;
    item.set_product("agent");
    item.set_manifest_digest(std::string(manifest.bytes()));
    item.set_plan_digest(std::string(plan.bytes()));
    return item;
  }
};

// Promise 1.
TEST_F(WireTest, AnotherHostsTicketIsRefused) {
  LoaderHost& one = EnrolledHost({.name = "one"});
  LoaderHost& two = EnrolledHost({.name = "two"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  const auto digest = DigestOf(Source("agent-1.0"));
  ASSERT_THAT(digest, IsOk());
  const auto program = ReadFile(Source("agent-1.0"));
  ASSERT_THAT(program, IsOk());
  const auto word = WordOf(one);
  ASSERT_THAT(word, IsOk());
  const std::string machine = word->machine();
  const auto as_one = WireClient::As(one, machine, coordinator().ports(), *clock_, random_);
  const auto as_two = WireClient::As(two, machine, coordinator().ports(), *clock_, random_);
  ASSERT_THAT(as_one, IsOk());
  ASSERT_THAT(as_two, IsOk());

  const auto ticket = (*as_one)->Ticket();
  ASSERT_THAT(ticket, IsOk());

  const auto own = (*as_one)->Fetch(*ticket, *digest, program->size());
  ASSERT_THAT(own, IsOk());
  EXPECT_EQ(*own, *program);
  const auto stolen = (*as_two)->Fetch(*ticket, *digest, program->size());
  EXPECT_EQ(trust::RefusalOf(stolen.status()), v1::Refusal::TICKET) << stolen.status();
  // A content that nobody has looks the same.
  const auto unknown = (*as_two)->Fetch(*ticket, base::Digest(), program->size());
  EXPECT_EQ(trust::RefusalOf(unknown.status()), v1::Refusal::TICKET) << unknown.status();
}

TEST_F(WireTest, Tls12IsRefusedAtEveryPort) {
  const CoordinatorPorts& ports = coordinator().ports();
  for (const uint16_t port : {ports.loaders, ports.enrollment, ports.operators}) {
    EXPECT_NE(Handshake(port, "-tls1_2").exit_status, 0) << port;
  }
  EXPECT_EQ(Handshake(ports.enrollment, "-tls1_3").exit_status, 0);
  EXPECT_THAT(Handshake(ports.enrollment, "-tls1_3").err, HasSubstr("TLSv1.3"));
}

// Promise 1.
TEST_F(WireTest, AManifestSignedByStrangersIsRefusedThoughTheOnlineKeyAssignsIt) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  const pid_t agent = host.Agent().pid;
  const auto genuine = HeldManifest(host.state_directory(), "1.0");
  const auto plan = HeldPlan(host.state_directory(), "agent-1.0");
  ASSERT_THAT(genuine, IsOk());
  ASSERT_THAT(plan, IsOk());
  const auto forged = ForgeManifest(*genuine, "a thief's program", random_);
  ASSERT_THAT(forged, IsOk());
  const auto thief = Steal({.documents = {forged->Serialize()},
                            .items = {Item(forged->digest(), plan->digest())},
                            .content = "a thief's program"});

  const auto run = host.Do({"run", "--now"}, 5);

  ASSERT_THAT(run, IsOk());
  EXPECT_THAT(run->out + run->err, HasSubstr("SIGNATURES"));
  EXPECT_EQ(thief->fetches(), 0);
  EXPECT_EQ(host.Agent().pid, agent);
}

// Promise 2.
TEST_F(WireTest, APlanSignedByStrangersIsRefusedThoughTheOnlineKeyAssignsIt) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  const pid_t agent = host.Agent().pid;
  const auto genuine = HeldManifest(host.state_directory(), "1.0");
  const auto plan = HeldPlan(host.state_directory(), "agent-1.0");
  ASSERT_THAT(genuine, IsOk());
  ASSERT_THAT(plan, IsOk());
  const auto forged = ForgePlan(*plan, genuine->digest(), random_);
  ASSERT_THAT(forged, IsOk());
  const auto thief = Steal({.documents = {forged->Serialize()},
                            .items = {Item(genuine->digest(), forged->digest())},
                            .content = ""});

  const auto run = host.Do({"run", "--now"}, 5);

  ASSERT_THAT(run, IsOk());
  EXPECT_THAT(run->out + run->err, HasSubstr("SIGNATURES"));
  EXPECT_EQ(host.Agent().pid, agent);
}

// Promise 1.
TEST_F(WireTest, BytesThatAreNotTheSignedOnesAreNeverInstalled) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  const pid_t agent = host.Agent().pid;
  ASSERT_THAT(RollOut({.version = "1.1"}), IsOk());
  const auto manifest = ana().Do({"release", "show", "agent@1.1", "-o", "json"});
  ASSERT_THAT(manifest, IsOk());
  // The host learns the genuine documents first, and cannot fetch.
  const auto blob = DigestOf(Source("agent-1.1"));
  ASSERT_THAT(blob, IsOk());
  const std::string path = absl::StrCat(coordinator().directory(), "/blobs/",
                                        blob->ToHex().substr(0, 2), "/", blob->ToHex());
  ASSERT_THAT(FlipByte(path, 0), IsOk());
  ASSERT_THAT(host.Run(5), IsOk());
  const auto genuine = HeldManifest(host.state_directory(), "1.1");
  const auto plan = HeldPlan(host.state_directory(), "agent-1.1");
  ASSERT_THAT(genuine, IsOk());
  ASSERT_THAT(plan, IsOk());
  auto program = ReadFile(Source("agent-1.1"));
  ASSERT_THAT(program, IsOk());
  (*program)[program->size() / 2] ^= 1;
  const auto thief = Steal(
      {.documents = {}, .items = {Item(genuine->digest(), plan->digest())}, .content = *program});

  const auto run = host.Do({"run", "--now"}, 5);

  ASSERT_THAT(run, IsOk());
  EXPECT_GT(thief->fetches(), 0);
  EXPECT_THAT(run->out + run->err, HasSubstr("HASH"));
  EXPECT_EQ(host.Agent().pid, agent);
  EXPECT_THAT(DigestOf(host.agent_program()), Not(base::testing::IsOkAndHolds(*blob)));
}

}  // namespace
}  // namespace mig::tests
