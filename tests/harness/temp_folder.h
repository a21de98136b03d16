#ifndef TWOFOLD_TESTS_HARNESS_TEMP_FOLDER_H_
#define TWOFOLD_TESTS_HARNESS_TEMP_FOLDER_H_

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

namespace twofold {

// A folder for one test. The destructor removes it with its content.
class TempFolder {
 public:
  TempFolder() : path_(absl::StrCat(absl::StripSuffix(::testing::TempDir(), "/"), "/twofold-XXXXXX")) {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

 private:
  std::string path_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_TEMP_FOLDER_H_
