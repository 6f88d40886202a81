#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"

namespace mig::base {
namespace {

using ::testing::ElementsAre;

TEST(JsonTest, TextIsQuotedAndStaysOnOneLine) {
  EXPECT_EQ(JsonText(""), "\"\"");
  EXPECT_EQ(JsonText("Zürich"), "\"Zürich\"");
  EXPECT_EQ(JsonText("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(JsonText("a\nb"), "\"a\\\\x0ab\"");
}

TEST(JsonTest, WhatIsNoUtf8IsShownAndNeverCutShort) {
  EXPECT_EQ(JsonText("\xff"), "\"\\\\xff\"");
  const std::string bytes(1000, '\xff');
  EXPECT_EQ(JsonText(bytes).size(), 2 + 5 * bytes.size());
}

TEST(JsonTest, AnObjectKeepsTheOrderOfItsFields) {
  JsonObject object;
  object.Text("name", "x").Number("count", -3).Flag("is", true).Flag("no", false).Null("none");
  object.Time("at", absl::FromUnixSeconds(1'795'559'741)).Json("list", JsonTexts({"a", "b"}));
  EXPECT_EQ(object.str(),
            "{\"name\":\"x\",\"count\":-3,\"is\":true,\"no\":false,\"none\":null,"
            "\"at\":\"2026-11-24T22:35:41Z\",\"list\":[\"a\",\n \"b\"]}");
  EXPECT_THAT(object.names(), ElementsAre("name", "count", "is", "no", "none", "at", "list"));
  EXPECT_EQ(JsonObject().str(), "{}");
}

TEST(JsonTest, AnEmptyListIsOneToo) {
  EXPECT_EQ(JsonList({}), "[]");
  EXPECT_EQ(JsonList({"1"}), "[1]");
}

}  // namespace
}  // namespace mig::base
