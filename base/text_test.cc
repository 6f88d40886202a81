#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/testing/status_matchers.h"

namespace mig::base {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

TEST(CheckTextTest, PlainTextOfAnyScriptIsFine) {
  for (const absl::string_view text :
       {"", "1.4.2-rc.1", "Z\xC3\xBCrich", "\xE6\x9D\xB1\xE4\xBA\xAC", "\xF0\x9F\x99\x82",
        "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_THAT(CheckText(text), IsOk()) << text;
  }
}

TEST(CheckTextTest, MalformedUtf8IsRefusedWithItsOffset) {
  for (const absl::string_view tail :
       {"\x80", "\xC3", "\xC3(", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF",
        "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80",
        "\xFE", "\xFF", "\xE6\x9D", "\xF0\x9F\x99"}) {
    EXPECT_THAT(CheckText("ok " + std::string(tail)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("offset 3")))
        << Escaped(tail);
  }
}

TEST(CheckTextTest, ControlAndBidirectionalCharactersAreRefused) {
  for (const absl::string_view text :
       {absl::string_view("\0", 1), absl::string_view("\t"), absl::string_view("\n"),
        absl::string_view("\x1b[2J"), absl::string_view("\x7f"), absl::string_view("\xC2\x80"),
        absl::string_view("\xC2\x9F"), absl::string_view("\xE2\x80\xA8"),
        absl::string_view("\xE2\x80\xA9")}) {
    EXPECT_THAT(CheckText(text), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("control")))
        << Escaped(text);
  }
  for (const absl::string_view text : {"\xD8\x9C", "\xE2\x80\x8E", "\xE2\x80\x8F", "\xE2\x80\xAA",
                                       "\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x81\xA9"}) {
    EXPECT_THAT(CheckText(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("bidirectional")))
        << Escaped(text);
  }
  EXPECT_THAT(CheckText("\xE2\x80\xAE"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("U+202E at offset 0")));
}

TEST(EscapedTest, WhatIsShownIsAlwaysPlainText) {
  EXPECT_EQ(Escaped("Z\xC3\xBCrich"), "Z\xC3\xBCrich");
  EXPECT_EQ(Escaped("a\"b\\c"), "a\\\"b\\\\c");
  EXPECT_EQ(Escaped("a\nb\x1b[31m\xff"), "a\\x0ab\\x1b[31m\\xff");
  EXPECT_EQ(Escaped("\xE2\x80\xAE"), "\\xe2\\x80\\xae");
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  EXPECT_THAT(CheckText(Escaped(every_byte, 10'000)), IsOk());
}

TEST(EscapedTest, ItIsShortened) {
  EXPECT_EQ(Escaped("0123456789", 10), "0123456789");
  EXPECT_EQ(Escaped("0123456789a", 10), "0123456789...");
  EXPECT_LE(Escaped(std::string(1 << 20, '\xff')).size(), 210u);
}

}  // namespace
}  // namespace mig::base
