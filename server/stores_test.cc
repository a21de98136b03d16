#include "server/stores.h"

#include "absl/strings/str_cat.h"
#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

class StoresTest : public testing::Test {
 protected:
  StoresTest() {
    EXPECT_TRUE(CreateKeyRingFile(ring_, SystemRandom(), clock_).ok());
    server_.Command({"FLUSHALL"});
  }

  absl::StatusOr<Stores> Open(const std::string& storage, const std::string& rate_limiter) {
    Options options;
    options.data_dir = folder_.path();
    options.keyring = "file:" + ring_;
    options.storage = storage;
    options.rate_limiter = rate_limiter;
    return OpenStores(options, clock_, SystemRandom());
  }
  // Whether attempts are counted in the step that reads the record.
  bool MetersReads(const std::string& storage, const std::string& rate_limiter) {
    const absl::StatusOr<Stores> stores = Open(storage, rate_limiter);
    EXPECT_TRUE(stores.ok()) << stores.status();
    return stores.ok() && stores->metered_reads != nullptr;
  }
  static std::string Redis(int database) {
    return absl::StrCat("redis://", server_.address(), "/", database);
  }
  const TempFolder& folder() const { return folder_; }

 private:
  static inline RedisProcess server_ = RedisProcess(RedisOptions());
  FakeClock clock_;
  const TempFolder folder_;
  const std::string ring_ = folder_.File("ring.json");
};

TEST_F(StoresTest, AttemptsAreCountedWhereTheRecordIsReadIfBothAreOnePlace) {
  EXPECT_TRUE(MetersReads(Redis(0), Redis(0)));
}

TEST_F(StoresTest, AttemptsAreCountedWhereTheOptionsSay) {
  EXPECT_FALSE(MetersReads(Redis(0), Redis(1)));
  EXPECT_FALSE(MetersReads(Redis(0), "local:"));
  EXPECT_FALSE(MetersReads("sqlite:" + folder().File("twofold.db"), Redis(0)));
  EXPECT_FALSE(MetersReads("memory:", "local:"));
}

}  // namespace
}  // namespace twofold
