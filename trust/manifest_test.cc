#include "trust/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/testing/status_matchers.h"
#include "trust/refusal.h"
#include "trust/testing/full_documents.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using ::mig::trust::testing::FullManifest;
using ::mig::trust::testing::TestAuthority;
using ::mig::trust::testing::TestDigest;
using ::testing::AnyOf;
using ::testing::Eq;

class ManifestTest : public ::testing::Test {
 protected:
  absl::Status Parse() { return Manifest::Parse(message_.SerializeAsString()).status(); }
  std::optional<v1::Refusal::Code> Code() { return RefusalOf(Parse()); }
  v1::Component& component(int i = 0) {
    return *message_.mutable_variants(0)->mutable_components(i);
  }
  v1::Form& form(int i) { return *component().mutable_forms(i); }

  v1::Manifest message_ = FullManifest(TestAuthority());
};

TEST_F(ManifestTest, SaysWhatTheMessageSays) {
  const auto manifest = Manifest::Parse(message_.SerializeAsString());
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->numbers(), (Numbers{1, 118}));
  ASSERT_EQ(manifest->variants().size(), 2u);
  const Variant& variant = manifest->variants()[0];
  ASSERT_NE(variant.component("conf/10-site.cfg"), nullptr);
  EXPECT_EQ(variant.component("conf"), nullptr);
  EXPECT_TRUE(variant.component("agent")->confidential);
  EXPECT_EQ(variant.component("agent")->forms[1].base, TestDigest("old agent"));
  EXPECT_EQ(manifest->requirements()[0].least, (Numbers{1, 9}));
  EXPECT_EQ(manifest->retired()[0], "oldconf");
}

TEST_F(ManifestTest, NamesOfComponentsAreNeverPaths) {  // tough target_name
  for (const char* name : {"..", ".", "a/b/c", "a/", "/x", ".mig", "Agent", "ag ent", "a//b",
                           "a/..", "", "a\\b", "\xc3\xa4", "a/.b"}) {
    component(0).set_name(name);
    EXPECT_EQ(Code(), v1::Refusal::MALFORMED) << name;
  }
  component(0).set_name(std::string(65, 'a'));
  EXPECT_EQ(Code(), v1::Refusal::MALFORMED);
  component(0).set_name(std::string(64, 'a'));
  EXPECT_THAT(Parse(), IsOk());
}

TEST_F(ManifestTest, ANameTwiceOrOutOfOrderIsRefused) {
  message_.mutable_variants(0)->mutable_components()->SwapElements(0, 1);
  EXPECT_EQ(Code(), v1::Refusal::MALFORMED);
  message_.mutable_variants(0)->mutable_components()->SwapElements(0, 1);
  component(1).set_name("agent");
  EXPECT_EQ(Code(), v1::Refusal::MALFORMED);
}

TEST_F(ManifestTest, SizesAboveTheBoundAreRefusedBeforeAnythingIsAllocated) {  // CVE-2026-34155
  for (const uint64_t size :
       {uint64_t{1} << 63, (uint64_t{1} << 32) + 1, base::kMaxComponentBytes + 1}) {
    component().set_size_bytes(size);
    EXPECT_EQ(Code(), v1::Refusal::BOUND) << size;
    component().set_size_bytes(5);
    form(0).set_size_bytes(size);
    EXPECT_EQ(Code(), v1::Refusal::BOUND) << size;
    form(0).set_size_bytes(700);
    form(0).set_window_bytes(size);
    EXPECT_EQ(Code(), v1::Refusal::BOUND) << size;
    form(0).set_window_bytes(2048);
  }
  component().set_size_bytes(base::kMaxComponentBytes);
  EXPECT_THAT(Parse(), IsOk());
}

TEST_F(ManifestTest, APatchNeedsItsBaseAndAnotherFormHasNone) {
  form(1).clear_base_sha256();
  EXPECT_EQ(Code(), v1::Refusal::MALFORMED);
  form(1).set_base_sha256("short");
  EXPECT_EQ(Code(), v1::Refusal::MALFORMED);
  message_ = FullManifest(TestAuthority());
  form(0).set_base_sha256(std::string(TestDigest("x").bytes()));
  EXPECT_EQ(Code(), v1::Refusal::MALFORMED);
}

TEST_F(ManifestTest, ListsHaveBoundsAndMandatoryOnesAreNotEmpty) {
  const v1::Manifest whole = message_;
  const std::function<void()> breaks[] = {
      [&] { message_.clear_variants(); },
      [&] { message_.mutable_variants(1)->clear_components(); },
      [&] {
        while (message_.variants_size() < 33) *message_.add_variants() = whole.variants(1);
      },
      [&] {
        v1::Variant& variant = *message_.mutable_variants(1);
        for (int i = 0; i < 256; ++i) {
          v1::Component& added = *variant.add_components();
          added = whole.variants(1).components(0);
          added.set_name(absl::StrCat("b", 1000 + i));
        }
      },
      [&] {
        while (component().forms_size() < 17) *component().add_forms() = form(1);
      },
      [&] { component().mutable_forms()->SwapElements(0, 1); },
      [&] { *component().add_forms() = form(1); },
      [&] { message_.add_retired("oldconf"); },
      [&] { message_.set_retired(0, "agent"); },
      [&] { message_.set_retired(0, "../x"); },
      [&] { *message_.add_requirements() = message_.requirements(0); },
      [&] { message_.mutable_requirements(0)->set_product("A"); },
      [&] { message_.mutable_variants(0)->set_filter(std::string(4097, 'f')); },
      [&] { message_.set_version(std::string(129, 'v')); },
      [&] { message_.set_product("-agent"); },
  };
  for (const auto& break_it : breaks) {
    message_ = whole;
    break_it();
    EXPECT_THAT(Code(), AnyOf(Eq(v1::Refusal::MALFORMED), Eq(v1::Refusal::BOUND)))
        << message_.ShortDebugString().substr(0, 300);
  }
}

TEST_F(ManifestTest, ASequenceOfTheLargestNumberIsAccepted) {  // python-tuf #414
  message_.set_sequence(UINT64_MAX);
  EXPECT_THAT(Parse(), IsOk());
}

}  // namespace
}  // namespace mig::trust
