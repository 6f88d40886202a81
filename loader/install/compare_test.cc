#include "loader/install/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/testing/status_matchers.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Target TargetOf(std::string name) {
  Target target;
  target.product = "agent";
  target.name = name;
  target.directory = "/opt/a";
  target.file_name = name;
  target.mode = 0644;
  target.max_bytes = 100;
  return target;
}

Component ComponentOf(std::string name, absl::string_view bytes) {
  return {.target = TargetOf(name),
          .content = {.digest = base::Sha256Of(bytes), .size_bytes = bytes.size()}};
}

LocalFile Present(std::string name, absl::string_view bytes) {
  LocalFile file;
  file.target = TargetOf(name);
  file.state = LocalState::kPresent;
  file.size_bytes = bytes.size();
  file.digest = base::Sha256Of(bytes);
  file.mode = 0644;
  return file;
}

LocalFile WithState(std::string name, LocalState state) {
  LocalFile file;
  file.target = TargetOf(name);
  file.state = state;
  file.why = "/opt/a/" + name + " is odd";
  return file;
}

TEST(CompareTest, AnAttributeThatTheDictionaryNamesIsPartOfTheFile) {  // ADVERSARY 110
  Component wanted = ComponentOf("agent", "1");
  wanted.target.attributes = {{"user.origin", "mig"}, {"security.capability", ""}};
  LocalFile file = Present("agent", "1");
  for (const auto& [name, value] : wanted.target.attributes) {
    file.attributes = wanted.target.attributes;
    const auto same = Compare({.components = {wanted}}, {}, {.files = {file}});
    ASSERT_THAT(same, IsOk());
    EXPECT_THAT(same->changes, IsEmpty());

    file.attributes[name] = "another";
    const auto other = Compare({.components = {wanted}}, {}, {.files = {file}});
    ASSERT_THAT(other, IsOk());
    ASSERT_THAT(other->changes, SizeIs(1));
    EXPECT_EQ(other->changes[0].after->attributes, wanted.target.attributes);
  }
}

TEST(CompareTest, ReleaseThatIsThereChangesNothing) {  // ADVERSARY 81
  const auto comparison =
      Compare({.components = {ComponentOf("agent", "1")}}, {}, {.files = {Present("agent", "1")}});
  ASSERT_THAT(comparison, IsOk());
  EXPECT_THAT(comparison->changes, IsEmpty());
}

TEST(CompareTest, EachWayToDifferIsAChange) {  // ADVERSARY 105
  LocalFile mode = Present("mode", "1");
  mode.mode = 0600;
  LocalFile owner = Present("owner", "1");
  owner.uid = 5;
  const auto comparison =
      Compare({.components = {ComponentOf("content", "1"), ComponentOf("missing", "1"),
                              ComponentOf("mode", "1"), ComponentOf("owner", "1")}},
              {ComponentOf("content", "0")},
              {.files = {Present("content", "2"), WithState("missing", LocalState::kMissing), mode,
                         owner}});
  ASSERT_THAT(comparison, IsOk());
  ASSERT_THAT(comparison->changes, SizeIs(4));
  EXPECT_EQ(comparison->changes[0].target.name, "content");
  EXPECT_EQ(comparison->changes[0].installed->digest, base::Sha256Of("0"));
  EXPECT_EQ(comparison->changes[0].after->digest, base::Sha256Of("1"));
  EXPECT_EQ(comparison->changes[1].installed, std::nullopt);
}

TEST(CompareTest, RetiredFilesAreRemovedIfTheyAreThere) {  // ADVERSARY 139
  const auto comparison = Compare(
      {.components = {ComponentOf("agent", "1")}, .retired = {TargetOf("gone"), TargetOf("old")}},
      {ComponentOf("old", "1")},
      {.files = {Present("agent", "1"), WithState("gone", LocalState::kMissing),
                 Present("old", "1")}});
  ASSERT_THAT(comparison, IsOk());
  ASSERT_THAT(comparison->changes, SizeIs(1));
  EXPECT_EQ(comparison->changes[0].target.name, "old");
  EXPECT_EQ(comparison->changes[0].after, std::nullopt);
}

TEST(CompareTest, LinksDirectoriesAndDevicesAreRefusedByName) {  // ADVERSARY 102
  EXPECT_THAT(Compare({.components = {ComponentOf("agent", "1")}}, {},
                      {.files = {WithState("agent", LocalState::kNotAFile)}}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("'agent'"), HasSubstr("/opt/a/agent"))));
}

TEST(CompareTest, ContentsOverTheDictionarysBoundAreRefused) {
  EXPECT_THAT(Compare({.components = {ComponentOf("agent", std::string(101, 'x'))}}, {}, {}),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       AllOf(HasSubstr("'agent'"), HasSubstr("max_bytes"))));
}

TEST(CompareTest, WhatAnOperatorChangedIsKeptWhereTheDictionarySaysSo) {
  Component keep = ComponentOf("configuration", "2");
  keep.target.local_change = LocalChange::kKeep;
  const auto comparison = Compare({.components = {keep}}, {ComponentOf("configuration", "1")},
                                  {.files = {Present("configuration", "mine")}});
  ASSERT_THAT(comparison, IsOk());
  EXPECT_THAT(comparison->changes, IsEmpty());
  EXPECT_THAT(comparison->kept_local, ElementsAre("configuration"));

  const auto untouched = Compare({.components = {keep}}, {ComponentOf("configuration", "1")},
                                 {.files = {Present("configuration", "1")}});
  ASSERT_THAT(untouched, IsOk());
  EXPECT_THAT(untouched->changes, SizeIs(1));
}

TEST(CompareTest, WhatIsOnlyObservedIsNeverWritten) {
  Component observed = ComponentOf("agent", "2");
  observed.target.policy = TargetPolicy::kObserve;
  const auto comparison = Compare({.components = {observed}}, {},
                                  {.files = {WithState("agent", LocalState::kNotAFile)}});
  ASSERT_THAT(comparison, IsOk());
  EXPECT_THAT(comparison->changes, IsEmpty());
  EXPECT_THAT(comparison->observed, ElementsAre("agent"));
}

TEST(CompareTest, FilesThatNoManifestNamesAreNotTouched) {  // ADVERSARY 113
  const auto comparison = Compare({.components = {ComponentOf("agent", "1")}}, {},
                                  {.files = {Present("agent", "1"), Present("mine", "1")}});
  ASSERT_THAT(comparison, IsOk());
  EXPECT_THAT(comparison->changes, IsEmpty());
}

}  // namespace
}  // namespace mig::loader
