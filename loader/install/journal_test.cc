#include "loader/install/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "base/endian.h"
#include "base/sha256.h"
#include "base/testing/status_matchers.h"
#include "proto/mig/v1/local_state.pb.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;

Journal Example() {
  TransactionFacts facts;
  facts.id = *trust::AttemptId::FromBytes("0123456789abcdef");
  facts.host_id = *trust::HostId::FromBytes(std::string(32, 'h'));
  facts.kind = v1::Outcome::FALLBACK;
  facts.product = "agent";
  facts.from = trust::Installed{.manifest = base::Sha256Of("from"), .variant = 2};
  facts.to = {.manifest = base::Sha256Of("to"), .variant = 3};
  facts.plan = base::Sha256Of("plan");
  facts.plan_issued = absl::FromUnixMillis(1'700'000'000'123);
  facts.rollout = *trust::RolloutId::FromBytes("fedcba9876543210");
  facts.boot = BootMarkOf("boot");
  facts.started = absl::FromUnixMillis(1'700'000'001'456);
  Journal journal = {.facts = facts, .phase = Phase::kReverting};
  const FileFacts old_facts = {
      .digest = base::Sha256Of("old"), .size_bytes = 3, .mode = 0644, .uid = 1, .gid = 2};
  const FileFacts new_facts = {
      .digest = base::Sha256Of("new"),
      .size_bytes = 3,
      .mode = 04755,
      .uid = 0,
      .gid = 0,
      .attributes = {{"security.capability", ""}, {"user.mig", std::string("a\0b", 3)}}};
  journal.files = {
      {"agent", "/opt/a", "agent", ".mig-stage-1", "kept/agent/aa", old_facts, new_facts},
      {"conf/new", "/opt/a/conf.d", "new", ".mig-stage-2", "", std::nullopt, new_facts},
      {"retired", "/opt/a", "retired", "", "kept/agent/bb", old_facts, std::nullopt}};
  v1::Refusal refusal;
  refusal.set_code(v1::Refusal::EXIT);
  refusal.set_exit_status(139);
  journal.refusal = refusal;
  journal.agent_output = "segmentation fault";
  return journal;
}

v1::Refusal::Code CodeOf(const absl::StatusOr<Journal>& journal) {
  return trust::RefusalOf(journal.status()).value_or(v1::Refusal::NONE);
}

std::string Framed(absl::string_view magic, absl::string_view payload) {
  std::string bytes(magic);
  base::AppendU32Le(bytes, static_cast<uint32_t>(payload.size()));
  bytes.append(payload.data(), payload.size());
  const base::Digest sum = base::Sha256Of(bytes);
  bytes.append(sum.bytes().data(), sum.bytes().size());
  return bytes;
}

v1::Journal MessageOf(const std::string& bytes) {
  v1::Journal message;
  EXPECT_TRUE(message.ParseFromString(bytes.substr(12, bytes.size() - 12 - 32)));
  return message;
}

TEST(JournalTest, DecodesWhatItEncoded) {
  const Journal journal = Example();
  const absl::StatusOr<std::string> bytes = EncodeJournal(journal);
  ASSERT_THAT(bytes, IsOk());
  const absl::StatusOr<Journal> decoded = DecodeJournal(*bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(*EncodeJournal(*decoded), *bytes);
  EXPECT_EQ(decoded->phase, Phase::kReverting);
  EXPECT_EQ(decoded->facts.from, journal.facts.from);
  EXPECT_EQ(decoded->facts.plan_issued, journal.facts.plan_issued);
  ASSERT_EQ(decoded->files.size(), 3u);
  EXPECT_EQ(decoded->files[0].after, journal.files[0].after);
  EXPECT_EQ(decoded->files[2].after, std::nullopt);
  EXPECT_EQ(decoded->refusal->exit_status(), 139u);
}

TEST(JournalTest, FrameIsMagicLengthPayloadChecksum) {
  const std::string bytes = *EncodeJournal(Example());
  EXPECT_EQ(bytes.substr(0, 8), "MIGJRNL1");
  EXPECT_EQ(base::ReadU32Le(absl::string_view(bytes).substr(8)), bytes.size() - 12 - 32);
  EXPECT_EQ(base::Sha256Of(bytes.substr(0, bytes.size() - 32)).bytes(),
            absl::string_view(bytes).substr(bytes.size() - 32));
}

TEST(JournalTest, TruncatedOrChangedAnywhereIsDamaged) {  // ADVERSARY 120
  const std::string good = *EncodeJournal(Example());
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    EXPECT_EQ(CodeOf(DecodeJournal(bad)), v1::Refusal::JOURNAL_DAMAGED) << i;
    EXPECT_EQ(CodeOf(DecodeJournal(good.substr(0, i))), v1::Refusal::JOURNAL_DAMAGED) << i;
  }
  EXPECT_EQ(CodeOf(DecodeJournal(good + good)), v1::Refusal::JOURNAL_DAMAGED);  // doubled
  EXPECT_EQ(CodeOf(DecodeJournal(std::string(good.size(), '\0'))), v1::Refusal::JOURNAL_DAMAGED);
}

TEST(JournalTest, AnotherVersionsJournalIsLeftAlone) {  // ADVERSARY 142
  EXPECT_EQ(CodeOf(DecodeJournal(Framed("MIGJRNL2", "whatever"))), v1::Refusal::UNSUPPORTED);
  v1::Journal message = MessageOf(*EncodeJournal(Example()));
  message.set_format(2);
  EXPECT_EQ(CodeOf(DecodeJournal(Framed("MIGJRNL1", message.SerializeAsString()))),
            v1::Refusal::UNSUPPORTED);
}

TEST(JournalTest, FieldsOutOfTheirBoundsAreDamage) {
  const v1::Journal good = MessageOf(*EncodeJournal(Example()));
  const std::vector<std::function<void(v1::Journal&)>> kChanges = {
      [](v1::Journal& j) { j.clear_phase(); },
      [](v1::Journal& j) { j.set_kind(v1::Outcome::ADOPT); },
      [](v1::Journal& j) { j.set_product("Agent"); },
      [](v1::Journal& j) { j.set_transaction_id("short"); },
      [](v1::Journal& j) { j.set_host_id(""); },
      [](v1::Journal& j) { j.clear_to(); },
      [](v1::Journal& j) { j.set_boot_id(""); },
      [](v1::Journal& j) { j.clear_files(); },
      [](v1::Journal& j) { j.mutable_files()->SwapElements(0, 1); },
      [](v1::Journal& j) { j.mutable_files(0)->set_name("../agent"); },
      [](v1::Journal& j) { j.mutable_files(0)->set_directory("opt/a"); },
      [](v1::Journal& j) { j.mutable_files(0)->set_directory("/opt/../etc"); },
      [](v1::Journal& j) { j.mutable_files(0)->set_file_name("a/b"); },
      [](v1::Journal& j) { j.mutable_files(0)->set_staged_name(".."); },
      [](v1::Journal& j) { j.mutable_files(0)->set_staged_name(""); },
      [](v1::Journal& j) { j.mutable_files(2)->set_staged_name("x"); },
      [](v1::Journal& j) { j.mutable_files(0)->set_kept_name("/etc/shadow"); },
      [](v1::Journal& j) { j.mutable_files(0)->mutable_new_facts()->set_sha256("x"); },
      [](v1::Journal& j) { j.mutable_files(0)->mutable_new_facts()->set_mode(010000); },
      [](v1::Journal& j) {
        j.mutable_files(0)->mutable_new_facts()->set_size_bytes(uint64_t{1} << 62);
      },
      [](v1::Journal& j) { *j.mutable_files(0)->mutable_new_facts() = j.files(0).old_facts(); },
  };
  for (size_t i = 0; i < kChanges.size(); ++i) {
    v1::Journal bad = good;
    kChanges[i](bad);
    EXPECT_EQ(CodeOf(DecodeJournal(Framed("MIGJRNL1", bad.SerializeAsString()))),
              v1::Refusal::JOURNAL_DAMAGED)
        << "change " << i;
  }
}

TEST(JournalTest, OneThatLeavesNoRoomToGoBackIsRefused) {
  Journal journal = Example();
  journal.phase = Phase::kCommitted;
  journal.agent_output.clear();
  while (EncodeJournal(journal).ok()) {
    JournalFile file = journal.files.back();
    file.name += "x";
    file.directory = "/" + std::string(200, 'd') + "/" + std::string(200, 'd');
    for (int i = 0; i < 8; ++i) file.directory += "/" + std::string(200, 'd');
    journal.files.push_back(file);
  }
  journal.files.pop_back();
  journal.phase = Phase::kReverting;
  journal.agent_output = std::string(16 * 1024, 'o');
  EXPECT_THAT(EncodeJournal(journal), IsOk());
}

}  // namespace
}  // namespace mig::loader
