#include "trust/ticket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/testing/status_matchers.h"
#include "trust/refusal.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using ::mig::trust::testing::TestDigest;
using ::mig::trust::testing::TestEpoch;
using ::mig::trust::testing::TestHostId;

TicketKey Key(uint32_t id) {
  return {.id = id, .secret = *TicketSecret::FromBytes(TestDigest(std::string(id, 'k')).bytes())};
}

class TicketTest : public ::testing::Test {
 protected:
  std::optional<v1::Refusal::Code> Code(absl::string_view bytes,
                                        const std::vector<TicketKey>& keys = {Key(2), Key(1)},
                                        const HostId& host = TestHostId(1),
                                        absl::Time now = TestEpoch()) {
    return RefusalOf(OpenTicket(bytes, keys, host, now).status());
  }
  const Ticket ticket_ = {.host = TestHostId(1),
                          .expires = TestEpoch() + absl::Minutes(10),
                          .releases = {{TestDigest("m"), 3}, {TestDigest("n"), 0}}};
  const std::string bytes_ = *MintTicket(Key(2), ticket_);
};

TEST_F(TicketTest, OpensForItsHostUntilItsExpiry) {
  const auto opened = OpenTicket(bytes_, std::vector{Key(2)}, TestHostId(1), TestEpoch());
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->releases, ticket_.releases);
  EXPECT_EQ(opened->expires, ticket_.expires);
  EXPECT_EQ(Code(bytes_, {Key(2)}, TestHostId(1), ticket_.expires - absl::Seconds(1)),
            std::nullopt);
  EXPECT_EQ(Code(bytes_, {Key(2)}, TestHostId(1), ticket_.expires), v1::Refusal::TICKET);
  EXPECT_EQ(Code(bytes_, {Key(2)}, TestHostId(2)), v1::Refusal::TICKET);
}

TEST_F(TicketTest, TheCurrentAndThePreviousKeyAreValidOlderOnesAreNot) {
  EXPECT_EQ(Code(bytes_, {Key(3), Key(2)}), std::nullopt);
  EXPECT_EQ(Code(bytes_, {Key(4), Key(3)}), v1::Refusal::TICKET);
  TicketKey same_id = Key(9);
  same_id.id = 2;
  EXPECT_EQ(Code(bytes_, {same_id}), v1::Refusal::TICKET);
}

TEST_F(TicketTest, AnyChangeIsRefused) {
  for (size_t bit = 0; bit < bytes_.size() * 8; ++bit) {
    std::string changed = bytes_;
    changed[bit / 8] = static_cast<char>(static_cast<uint8_t>(changed[bit / 8]) ^ (1 << (bit % 8)));
    EXPECT_EQ(Code(changed), v1::Refusal::TICKET) << bit;
  }
  for (size_t size = 0; size < bytes_.size(); ++size) {
    EXPECT_EQ(Code(bytes_.substr(0, size)), v1::Refusal::TICKET) << size;
  }
  EXPECT_EQ(Code(bytes_ + "x"), v1::Refusal::TICKET);
  EXPECT_EQ(Code(std::string(2000, '\1')), v1::Refusal::TICKET);
}

TEST_F(TicketTest, EveryRefusalLooksTheSame) {
  const auto message = [&](absl::string_view bytes, const HostId& host) {
    return std::string(
        OpenTicket(bytes, std::vector{Key(2)}, host, TestEpoch()).status().message());
  };
  EXPECT_EQ(message("", TestHostId(1)), message(bytes_, TestHostId(2)));
}

TEST_F(TicketTest, ItNamesOneToEightReleases) {
  Ticket ticket = ticket_;
  ticket.releases.assign(8, {TestDigest("m"), 31});
  EXPECT_THAT(MintTicket(Key(1), ticket), IsOk());
  EXPECT_EQ(Code(*MintTicket(Key(1), ticket)), std::nullopt);
  ticket.releases.assign(9, {TestDigest("m"), 0});
  EXPECT_EQ(RefusalOf(MintTicket(Key(1), ticket).status()), v1::Refusal::BOUND);
  ticket.releases.clear();
  EXPECT_EQ(RefusalOf(MintTicket(Key(1), ticket).status()), v1::Refusal::BOUND);
  ticket.releases.assign(1, {TestDigest("m"), 32});
  EXPECT_EQ(RefusalOf(MintTicket(Key(1), ticket).status()), v1::Refusal::BOUND);
}

}  // namespace
}  // namespace mig::trust
