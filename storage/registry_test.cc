#include "storage/registry.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class NamedLimiter final : public RateLimiter {
 public:
  explicit NamedLimiter(std::string from) : opened_from(std::move(from)) {}
  Task<absl::StatusOr<AcquireResult>> Acquire(std::vector<Bucket>) override { co_return AcquireResult{}; }
  Task<absl::Status> GiveBack(std::vector<Bucket>) override { co_return absl::OkStatus(); }
  Task<absl::Status> Fill(std::vector<Bucket>) override { co_return absl::OkStatus(); }
  Task<absl::Status> CheckReady() override { co_return absl::OkStatus(); }
  const std::string opened_from;
};

absl::StatusOr<std::unique_ptr<RateLimiter>> OpenNamed(const BackendUri& uri) {
  return std::make_unique<NamedLimiter>(uri.scheme + "|" + uri.rest);
}

absl::StatusOr<std::unique_ptr<RateLimiter>> RefuseToOpen(const BackendUri&) {
  return absl::UnavailableError("nobody there");
}

constexpr RateLimiterTraits kAtOnce{.answers_at_once = true};

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    EXPECT_TRUE(registry_.Register("local", {OpenNamed, nullptr, kAtOnce}).ok());
    EXPECT_TRUE(registry_.Register("redis+sentinel", {OpenNamed, nullptr, {}}).ok());
    EXPECT_TRUE(registry_.Register("down", {RefuseToOpen, nullptr, {}}).ok());
  }

  std::string Opened(absl::string_view uri) {
    auto opened = registry_.Open(uri);
    return opened.ok() ? static_cast<NamedLimiter&>(**opened).opened_from : opened.status().ToString();
  }

  RateLimiterRegistry registry_{"rate limiter"};
};

TEST_F(RegistryTest, HandsTheRestOfTheUriToTheSchemesFactory) {
  EXPECT_EQ(Opened("local:"), "local|");
  EXPECT_EQ(Opened("LOCAL:"), "local|");
  EXPECT_EQ(Opened("redis+sentinel://u:p@a:1,b:2/0?x=y"), "redis+sentinel|//u:p@a:1,b:2/0?x=y");
}

TEST_F(RegistryTest, TellsTheTraitsOfASchemesBackend) {
  EXPECT_TRUE(registry_.TraitsOf("local:").answers_at_once);
  EXPECT_FALSE(registry_.TraitsOf("redis+sentinel://a").answers_at_once);
  EXPECT_FALSE(registry_.TraitsOf("etcd:").answers_at_once);
  EXPECT_FALSE(registry_.TraitsOf("no URI").answers_at_once);
}

TEST_F(RegistryTest, PassesOnTheFactorysError) {
  EXPECT_EQ(registry_.Open("down:").status(), absl::UnavailableError("nobody there"));
}

TEST_F(RegistryTest, RefusesWithOneSentenceThatListsWhatIsKnown) {
  const struct {
    absl::string_view uri;
    absl::string_view text;
  } cases[] = {
      {"", "rate limiter: the URI is empty; known schemes are down:, local:, redis+sentinel:"},
      {"local", "the URI does not begin with a scheme"},
      {"/var/lib/x", "the URI does not begin with a scheme"},
      {":x", "the URI does not begin with a scheme"},
      {"9p:x", "the URI does not begin with a scheme"},
      {"etcd:x", "rate limiter: no backend for etcd:; known schemes are"},
      {"etcd://u:hunter2@h:1/p", "no backend for etcd:;"},
  };
  for (const auto& c : cases) {
    const absl::Status status = registry_.Open(c.uri).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.uri;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(c.text)));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
  }
}

TEST_F(RegistryTest, OneFactoryPerScheme) {
  EXPECT_EQ(registry_.Register("local", {OpenNamed, nullptr, {}}).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(registry_.Register("Local", {OpenNamed, nullptr, {}}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(registry_.Register("local:", {OpenNamed, nullptr, {}}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(BackendUri, ARedactedUriIdentifiesTheStoreAndHoldsNoPassword) {
  const struct {
    absl::string_view uri;
    absl::string_view shown;
  } cases[] = {
      {"", ""},
      {"start", "start"},
      {"memory:", "memory:"},
      {"sqlite:/var/lib/a@b.db", "sqlite:/var/lib/a@b.db"},
      {"sqlite:///var/x.db", "sqlite:///var/x.db"},
      {"file:/k/ring.json", "file:/k/ring.json"},
      {"redis://h", "redis://h"},
      {"redis://h:6379/0", "redis://h:6379/0"},
      {"redis://h:6379/1", "redis://h:6379/1"},
      {"redis://[::1]:6379", "redis://[::1]:6379"},
      {"redis://:hunter2@h/1", "redis://***@h/1"},
      {"redis://u:hun@ter2@h/0", "redis://***@h/0"},
      {"redis+unix://:hunter2@/run/redis.sock?db=2", "redis+unix://***@/run/redis.sock?db=2"},
      {"redis+sentinel://u:hunter2@a:1,b/main/"
       "3?min_replicas=1&sentinel_user=hunter2&sentinel_password=hunter2",
       "redis+sentinel://***@a:1,b/main/3?min_replicas=1&sentinel_user=***&sentinel_password=***"},
      {"redis+cluster://u:p@a:1,b:2/?pasword=hunter2", "redis+cluster://***@a:1,b:2/?pasword=***"},
      {"rediss://h?tls_ca=/a/ca.pem&timeout=1s", "rediss://h?tls_ca=/a/ca.pem&timeout=1s"},
      {"redis://h/1\n", "redis://h/1\\n"},
      // A password that is written wrongly, or where none belongs.
      {"redis://u:hun/ter2@h/0", "redis://..."},
      {"redis://u:hun?ter2@h/0", "redis://..."},
      {"redis://u:hun#ter2@h/0", "redis://..."},
      {"redis://h/0?sentinel_password=hun@ter2", "redis://..."},
      {"redis://h/0?hunter2", "redis://h/0?***"},
      {"redis://h/0?a=1&hunter2", "redis://h/0?a=***&***"},
      {"redis://hunter2 oops", "redis://..."},
      {"redis:u:hunter2@h", "redis:..."},
      {"vault:hunter2", "vault:..."},
      {"u:hunter2@h", "u:..."},
      {"re dis://u:hunter2@h", "..."},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(RedactUri(c.uri), c.shown) << c.uri;
    EXPECT_THAT(RedactUri(c.uri), Not(HasSubstr("hunter2")));
  }
}

TEST(Registry, AUriThatTheCheckRefusesIsNotOpened) {
  int opened = 0;
  StorageRegistry storages("storage");
  const auto open = [&opened](const BackendUri&) -> absl::StatusOr<OpenedStorage> {
    ++opened;
    return OpenedStorage();
  };
  ASSERT_TRUE(storages.Register("plain", {open, ExpectNothingMore, {}}).ok());
  EXPECT_TRUE(storages.Check("plain:").ok());
  EXPECT_EQ(opened, 0);
  EXPECT_EQ(storages.Check("plain:x").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(storages.Open("plain:x").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(opened, 0);
  EXPECT_TRUE(storages.Open("plain:").ok());
  EXPECT_EQ(opened, 1);
}

TEST(BackendUri, FilePaths) {
  const struct {
    absl::string_view uri;
    absl::string_view path;
  } good[] = {
      {"sqlite:/a/b.db", "/a/b.db"},
      {"sqlite:b.db", "b.db"},
      {"sqlite:///a/b.db", "///a/b.db"},
      {"sqlite:a b:c@d", "a b:c@d"},
  };
  for (const auto& c : good) EXPECT_EQ(FilePathOf(*ParseBackendUri(c.uri)).value(), c.path);
  const absl::string_view bad[] = {
      "sqlite:",        "sqlite://host/x.db", "sqlite:/x.db?mode=ro",
      "sqlite:/x.db#f", "sqlite:/folder/",    absl::string_view("sqlite:/a\0b", 11)};
  for (absl::string_view uri : bad) {
    const absl::Status status = FilePathOf(*ParseBackendUri(uri)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << uri;
    EXPECT_THAT(std::string(status.message()), HasSubstr("sqlite: "));
  }
}

TEST(BackendUri, NothingMore) {
  EXPECT_TRUE(ExpectNothingMore(*ParseBackendUri("memory:")).ok());
  EXPECT_EQ(ExpectNothingMore(*ParseBackendUri("memory:x")).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace twofold
