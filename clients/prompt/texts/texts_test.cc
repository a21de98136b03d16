#include "clients/prompt/texts/texts.h"

#include "gtest/gtest.h"

namespace twofold {
namespace {

std::string LanguageOf(absl::string_view locale, absl::string_view accepted) {
  return Texts(locale, accepted).language();
}

TEST(TextsTest, TheServiceChoosesTheLanguageBeforeTheBrowser) {
  EXPECT_EQ(LanguageOf("de-AT", "fr"), "de");
  EXPECT_EQ(LanguageOf("xx", "fr-CA,en;q=0.5"), "fr");
  EXPECT_EQ(LanguageOf("", ""), "en");
  EXPECT_EQ(LanguageOf("", "xx, yy;q=0.5"), "en");
}

TEST(TextsTest, TheBrowsersWeightsCount) {
  EXPECT_EQ(LanguageOf("", "de;q=0.3, fr;q=0.8, en;q=0.5"), "fr");
  EXPECT_EQ(LanguageOf("", "de;q=0, fr;q=nan, DE"), "de");
  EXPECT_EQ(LanguageOf("", ";;,,;q=,q=1"), "en");
}

TEST(TextsTest, FillsInWhatStandsInBraces) {
  const Texts texts("en", "");
  EXPECT_EQ(texts.Of(TextId::kSignInTitle, {{"service", "{service} & Co"}}), "Sign in to {service} & Co");
}

TEST(TextsTest, RoundsTheTimeThatIsLeftUp) {
  const Texts texts("en", "");
  EXPECT_EQ(texts.TimeLeft(absl::Milliseconds(1)), "one second");
  EXPECT_EQ(texts.TimeLeft(absl::Seconds(59)), "59 seconds");
  EXPECT_EQ(texts.TimeLeft(absl::Seconds(60)), "one minute");
  EXPECT_EQ(texts.TimeLeft(absl::Seconds(61)), "2 minutes");
  EXPECT_EQ(texts.TimeLeft(absl::Hours(3)), "3 hours");
  EXPECT_EQ(texts.TimeLeft(-absl::Hours(3)), "one second");
  EXPECT_EQ(texts.TimeLeft(absl::Seconds(2)), "2 seconds");
}

}  // namespace
}  // namespace twofold
