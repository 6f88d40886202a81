// What the service's rows stand on: the domain does what they take for granted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "bench/suites/service/domain.h"
#include "bench/suites/service/loader_side.h"
#include "bench/transport/empty_service.h"
#include "bench/transport/kept_connections.h"

// gRPC 1.51's resolver keeps c-ares for the life of the process.
extern "C" const char* __lsan_default_suppressions() { return "leak:ares_\n"; }

namespace mig::bench {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr size_t kContentBytes = 600'000;  // three chunks

class ServiceTest : public ::testing::Test {
 protected:
  // Before any thread of gRPC's.
  const loader::Tls13Required tls13_ = loader::Tls13Required::InThisProcess();
  Domain domain_{
      {.hosts_with_the_release = 2, .hosts_without_it = 1, .content_bytes = kContentBytes}};
};

TEST_F(ServiceTest, AHostWithTheReleaseIsToldNothingAndOneWithoutItIsAssignedItEachTime) {
  KeptConnections with_it(domain_.port(), domain_.hosts_with_the_release());
  KeptConnections without_it(domain_.port(), domain_.hosts_without_it());

  for (int i = 0; i < 3; ++i) {
    with_it.CheckIn(2);
    without_it.CheckIn(2);
    EXPECT_THAT(with_it.last_answer().assignment(), IsEmpty());
    EXPECT_THAT(with_it.last_answer().documents(), IsEmpty());
    EXPECT_THAT(without_it.last_answer().assignment(), Not(IsEmpty()));
    EXPECT_THAT(without_it.last_answer().documents(), IsEmpty());
  }
}

TEST_F(ServiceTest, TheLimitGivesAnswersOfTheSameSize) {
  KeptConnections ours(domain_.port(), domain_.hosts_without_it());
  ours.CheckIn(1);
  const EmptyService empty(domain_.server(), {.check_in = ours.last_answer()});
  KeptConnections limit(empty.port(), domain_.hosts_without_it());

  limit.CheckIn(3);

  EXPECT_EQ(limit.last_answer().ByteSizeLong(), ours.last_answer().ByteSizeLong());
}

TEST_F(ServiceTest, OneShotHostsCheckInAgainAndAgain) {
  OneShotHosts hosts(domain_.hosts_with_the_release(), domain_.port(), domain_.clock(), tls13_);

  EXPECT_EQ(hosts.Run(2), 4u);
  EXPECT_EQ(hosts.Run(1), 2u);
}

TEST_F(ServiceTest, AFetchIsOfTheContentAndTheLimitOfAsManyBytes) {
  const KeptHost& host = domain_.hosts_without_it().front();
  KeptConnections check_in(domain_.port(), {host});
  check_in.CheckIn(1);
  const std::string ticket = domain_.TicketOf(check_in.last_answer());
  const EmptyService empty(domain_.server(), {.check_in = {}, .content_bytes = kContentBytes});
  FetchingHost ours(host, domain_.port(), domain_.clock(), tls13_);
  FetchingHost limit(host, empty.port(), domain_.clock(), tls13_);

  for (int i = 0; i < 2; ++i) {
    ours.FetchAndStage(ticket, domain_.content(), domain_.content_bytes());  // or it crashes
    EXPECT_EQ(ours.DrainBare(ticket, domain_.content()),
              limit.DrainBare(ticket, domain_.content()));
  }
}

}  // namespace
}  // namespace mig::bench
