#include "clients/cli/text.h"

#include <gtest/gtest.h>

#include "common/unicode.h"

namespace twofold {
namespace {

TEST(EscapeControlsTest, NothingMovesTheCursor) {
  const struct {
    const char* text;
    const char* escaped;
  } kCases[] = {
      {"", ""},
      {"Ann's phone", "Ann's phone"},
      {"Zoë 電話 👩‍💻", "Zoë 電話 👩‍💻"},
      {"a\tb\nc\rd", "a\\x09b\\x0ac\\x0dd"},
      {"\x1b[2J", "\\x1b[2J"},
      {"\x7f", "\\x7f"},
      {"\xc2\x9b"
       "31m",
       "\\u{009b}31m"},  // C1 control sequence introducer
      {"\xe2\x80\xae"
       "evil",
       "\\u{202e}evil"},              // right-to-left override
      {"\xe2\x80\xa8", "\\u{2028}"},  // line separator
      {"\xff"
       "a\xc3",
       "\\xffa\\xc3"},             // not UTF-8
      {"\xc0\x9b", "\\xc0\\x9b"},  // overlong escape
  };
  for (const auto& c : kCases) EXPECT_EQ(EscapeControls(c.text), c.escaped);
}

TEST(EscapeControlsTest, LinesStayLines) { EXPECT_EQ(EscapeAllButColours("█▀\n▄\x1b\n"), "█▀\n▄\\x1b\n"); }

TEST(EscapeControlsTest, AQrCodeKeepsItsColoursAndNothingElse) {
  EXPECT_EQ(EscapeAllButColours("\x1b[30;47m█\x1b[0m\n"), "\x1b[30;47m█\x1b[0m\n");
  EXPECT_EQ(EscapeAllButColours("\x1b[2J\x1b[31"), "\\x1b[2J\\x1b[31");
}

TEST(WaitingTimeTest, RoundsUp) {
  const struct {
    absl::Duration wait;
    const char* text;
  } kCases[] = {
      {absl::ZeroDuration(), "1 s"},      {absl::Milliseconds(27001), "28 s"}, {absl::Seconds(120), "120 s"},
      {absl::Seconds(121), "3 min"},      {absl::Minutes(59), "59 min"},       {absl::Minutes(121), "3 h"},
      {-absl::InfiniteDuration(), "1 s"},
  };
  for (const auto& c : kCases) EXPECT_EQ(WaitingTime(c.wait), c.text) << c.wait;
}

TEST(IsoTimeTest, NamesTheZone) {
  google::protobuf::Timestamp time;
  time.set_seconds(1714559696);
  time.set_nanos(999999999);
  EXPECT_EQ(IsoTime(time, absl::UTCTimeZone()), "2024-05-01T10:34:56+00:00");
  EXPECT_EQ(IsoTime(time, absl::FixedTimeZone(2 * 3600)), "2024-05-01T12:34:56+02:00");
}

TEST(ShellQuoteTest, ShellReadsItBack) {
  const struct {
    const char* text;
    const char* quoted;
  } kCases[] = {
      {"ann", "ann"},
      {"ann@example.com", "ann@example.com"},
      {"", "''"},
      {"a b", "'a b'"},
      {"it's", "'it'\\''s'"},
      {"$(x)", "'$(x)'"},
  };
  for (const auto& c : kCases) EXPECT_EQ(ShellQuote(c.text), c.quoted);
}

TEST(AlignColumnsTest, CountsTerminalCells) {
  EXPECT_EQ(AlignColumns({{"A", "B"}, {"電話", "x"}, {"", "y z"}}), "A     B\n電話  x\n      y z\n");
}

TEST(IsUtf8Test, ChecksEveryByte) {
  EXPECT_TRUE(IsUtf8("Zoë"));
  EXPECT_FALSE(IsUtf8("Zo\xc3"));
}

TEST(CodeAsSent, LosesSpacesMarksAndDashesBetweenGroups) {
  const std::pair<const char*, const char*> kCases[] = {
      {"123456", "123456"},
      {" 123 456\t", "123456"},
      {"123\u00a0456", "123456"},        // no-break space
      {"123\u202f456", "123456"},        // narrow no-break space
      {"\u202a123456\u202c", "123456"},  // marks of direction
      {"\ufeff123\u200b456", "123456"},  // byte order mark, zero-width space
      {"123-456", "123456"},
      {"123 \u2013 456", "123456"},  // en dash
      {"12 - - 34", "1234"},
      {"ABCD-EFGH-JKMN-PQRS", "ABCDEFGHJKMNPQRS"},
      {"-123456", "-123456"},
      {"123-456-", "123456-"},
      {"--", "--"},
      {" ", ""},
      {"\uff11\uff12", "\uff11\uff12"},  // full-width digits: the server refuses them
      {"12.34", "12.34"},
      {"1\xff"
       "2",
       "1\xff"
       "2"},
  };
  for (const auto& [text, sent] : kCases) EXPECT_EQ(CodeAsSent(text), sent) << text;
}

TEST(RowsOf, CountsWhatATerminalWraps) {
  EXPECT_EQ(RowsOf("", 10), 1);
  EXPECT_EQ(RowsOf("0123456789", 10), 1);
  EXPECT_EQ(RowsOf("0123456789a", 10), 2);
  EXPECT_EQ(RowsOf("\u4e2d\u4e2d", 3), 2);
}

}  // namespace
}  // namespace twofold
