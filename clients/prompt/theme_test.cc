#include "clients/prompt/theme.h"

#include <fstream>

#include "gtest/gtest.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

class ThemeTest : public testing::Test {
 protected:
  absl::StatusOr<Theme> Read(const std::string& json) {
    std::ofstream(folder_.path() + "/theme.json") << json;
    return ReadTheme(folder_.path() + "/theme.json");
  }

  TempFolder folder_;
};

TEST_F(ThemeTest, ReadsNameColoursAndLogo) {
  std::ofstream(folder_.path() + "/logo.svg") << "<svg xmlns='http://www.w3.org/2000/svg'/>";
  const auto theme = Read(R"({"name":"Example","logo":"logo.svg","color":"#7a1fa2","color_dark":"#e0b3ff"})");
  ASSERT_TRUE(theme.ok()) << theme.status();
  EXPECT_EQ(theme->name, "Example");
  EXPECT_EQ(theme->logo_type, "image/svg+xml");
  EXPECT_EQ(theme->css, ":root{--accent:#7a1fa2;--accent-dark:#e0b3ff;}\n");
  EXPECT_TRUE(ReadTheme("").ok());
}

TEST_F(ThemeTest, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "not a JSON object"},
      {"{", "not a JSON object"},
      {R"({"colour":"#000000"})", "the keys are"},
      {R"({"name":7})", "is a text"},
      {R"({"color":"red"})", "is a colour"},
      {R"({"color":"#fff;}*{}"})", "is a colour"},
      {R"({"color":"#ffee88"})", "contrast of 1.1"},
      {R"({"color_dark":"#101010"})", "contrast"},
      {R"({"logo":"logo.exe"})", "PNG, SVG"},
      {R"({"logo":"missing.png"})", "missing.png"},
      {R"({"name":"two\nlines"})", "plain text"},
  };
  for (const auto& [json, why] : cases) {
    const auto theme = Read(json);
    ASSERT_FALSE(theme.ok()) << json;
    EXPECT_NE(theme.status().message().find(why), std::string::npos) << theme.status();
  }
  EXPECT_FALSE(ReadTheme(folder_.path() + "/none.json").ok());
}

TEST(ContrastTest, IsThatOfWcag) {
  EXPECT_NEAR(ContrastOf("#000000", "#ffffff"), 21, 0.01);
  EXPECT_NEAR(ContrastOf("#777777", "#ffffff"), 4.48, 0.01);
  EXPECT_NEAR(ContrastOf("#ffffff", "#ffffff"), 1, 0.01);
}

}  // namespace
}  // namespace twofold
