#include "trust/half_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "trust/refusal.h"

namespace mig::trust {
namespace {

using ::testing::Optional;

constexpr HalfFileKind kKind = HalfFileKind::kTrust;

std::string Half(uint64_t generation, absl::string_view payload, HalfFileKind kind = kKind) {
  return *EncodeHalf(kind, generation, payload);
}
std::string Nothing() { return std::string(8192, '\0'); }

TEST(HalfFileTest, TheValidHalfOfTheHighestGenerationCountsAndTheOtherIsWrittenNext) {
  const HalfFileReading first = ReadHalfFile(kKind, Half(5, "five"), Half(4, "four"));
  EXPECT_THAT(first.payload, Optional(std::string("five")));
  EXPECT_EQ(first.next_generation, 6u);
  EXPECT_EQ(first.next_offset, 65'536u);
  EXPECT_FALSE(first.damaged);
  const HalfFileReading second = ReadHalfFile(kKind, Half(5, "five"), Half(6, "six"));
  EXPECT_THAT(second.payload, Optional(std::string("six")));
  EXPECT_EQ(second.next_generation, 7u);
  EXPECT_EQ(second.next_offset, 0u);
}

TEST(HalfFileTest, AnEmptyFileHasNothingAndIsWrittenFromTheStart) {
  for (const HalfFileReading& reading :
       {ReadHalfFile(kKind, "", ""), ReadHalfFile(kKind, Nothing(), Nothing()),
        ReadHalfFile(kKind, Nothing(), "")}) {
    EXPECT_EQ(reading.payload, std::nullopt);
    EXPECT_EQ(reading.next_generation, 1u);
    EXPECT_EQ(reading.next_offset, 0u);
    EXPECT_FALSE(reading.damaged);
  }
}

TEST(HalfFileTest, AfterTheFirstWriteTheSecondHalfIsNext) {
  const HalfFileReading reading = ReadHalfFile(kKind, Half(1, "one"), "");
  EXPECT_THAT(reading.payload, Optional(std::string("one")));
  EXPECT_EQ(reading.next_offset, 65'536u);
  EXPECT_FALSE(reading.damaged);
}

TEST(HalfFileTest, OneBadHalfLeavesTheOtherAndIsOverwritten) {
  std::string bad = Half(6, "six");
  bad[100] = 'x';
  const HalfFileReading reading = ReadHalfFile(kKind, Half(5, "five"), bad);
  EXPECT_THAT(reading.payload, Optional(std::string("five")));
  EXPECT_EQ(reading.next_offset, 65'536u);
  EXPECT_TRUE(reading.damaged);
}

TEST(HalfFileTest, ATornWriteAtAnyByteLeavesTheOldStateOrTheNew) {
  const std::string old_half = Half(4, "the state of generation four");
  const std::string new_half = Half(6, "another state of generation six");
  const std::string newest = Half(5, "five");
  for (size_t written = 0; written <= new_half.size(); written += 7) {
    const std::string torn = new_half.substr(0, written) + old_half.substr(written);
    const HalfFileReading reading = ReadHalfFile(kKind, torn, newest);
    ASSERT_TRUE(reading.payload.has_value()) << written;
    EXPECT_TRUE(*reading.payload == "five" || *reading.payload == "another state of generation six")
        << written;
  }
}

TEST(HalfFileTest, EachByteIsUnderTheChecksum) {
  const std::string good = Half(6, "six");
  for (size_t i = 0; i < good.size(); i += 13) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    EXPECT_EQ(ReadHalfFile(kKind, bad, Nothing()).payload, std::nullopt) << i;
  }
}

TEST(HalfFileTest, EqualGenerationsWithOtherBytesCountNeither) {
  const HalfFileReading reading = ReadHalfFile(kKind, Half(5, "five"), Half(5, "other"));
  EXPECT_EQ(reading.payload, std::nullopt);
  EXPECT_TRUE(reading.damaged);
  EXPECT_EQ(reading.next_generation, 6u);
  EXPECT_THAT(ReadHalfFile(kKind, Half(5, "five"), Half(5, "five")).payload,
              Optional(std::string("five")));
}

TEST(HalfFileTest, TheOtherFilesHalfIsNotOurs) {
  EXPECT_EQ(ReadHalfFile(HalfFileKind::kStatus, Half(5, "five"), Nothing()).payload, std::nullopt);
  EXPECT_THAT(ReadHalfFile(HalfFileKind::kStatus, Half(5, "five", HalfFileKind::kStatus), Nothing())
                  .payload,
              Optional(std::string("five")));
}

TEST(HalfFileTest, APayloadFillsTheHalfOrIsRefused) {
  const std::string largest(kMaxHalfPayloadBytes, 'p');
  EXPECT_EQ(kMaxHalfPayloadBytes, 8'140u);
  EXPECT_EQ(Half(1, largest).size(), 8'192u);
  EXPECT_THAT(ReadHalfFile(kKind, Half(1, largest), "").payload, Optional(largest));
  EXPECT_EQ(RefusalOf(EncodeHalf(kKind, 1, largest + "p").status()), v1::Refusal::BOUND);
}

}  // namespace
}  // namespace mig::trust
