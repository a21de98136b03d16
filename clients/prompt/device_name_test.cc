#include "clients/prompt/device_name.h"

#include <gtest/gtest.h>

namespace twofold {
namespace {

TEST(DeviceName, NamesWellKnownBrowsersAndSystems) {
  const std::pair<const char*, const char*> cases[] = {
      {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"},
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
       "Safari/537.36",
       "Chrome, Windows"},
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
       "Safari/537.36 Edg/126.0.0.0",
       "Edge, Windows"},
      {"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
       "Mobile "
       "Safari/537.36",
       "Chrome, Android"},
      {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
       "Version/17.5 Mobile/15E148 Safari/604.1",
       "Safari, iPhone"},
      {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
       "Version/17.5 "
       "Safari/605.1.15",
       "Safari, macOS"},
      {"curl/7.88.1", ""},
      {"Linux", "Linux"},
      {"", ""},
  };
  for (const auto& [header, name] : cases) EXPECT_EQ(DeviceName(header), name) << header;
}

}  // namespace
}  // namespace twofold
