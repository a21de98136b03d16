#include "server/access/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "server/access/access_control.h"
#include "server/errors.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;

constexpr char kPolicy[] = R"({"callers": [
  {"name": "web", "identities": ["uri:spiffe://test/web", "dns:web.test"], "roles": ["verify"], "tenants": ["*"]},
  {"name": "portal", "identities": ["email:portal@test"], "roles": ["manage", "support"], "tenants": ["", "acme"]}
]})";

std::shared_ptr<const Policy> Parsed(absl::string_view json) {
  absl::StatusOr<std::unique_ptr<const Policy>> policy = Policy::Parse(json);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

// A policy with one entry, in which `what` takes the place of `instead_of`.
std::string Entry(const std::string& instead_of = "", const std::string& what = "") {
  std::string json =
      R"({"callers": [{"name": "web", "identities": ["dns:web"], "roles": ["verify"], "tenants": ["*"]}]})";
  if (!instead_of.empty()) json.replace(json.find(instead_of), instead_of.size(), what);
  return json;
}

TEST(Policy, FindsCallersByExactlyTheirIdentities) {
  const auto policy = Parsed(kPolicy);
  ASSERT_NE(policy->Find({"uri:spiffe://test/web"}), nullptr);
  EXPECT_EQ(policy->Find({"uri:spiffe://test/web"})->name, "web");
  EXPECT_EQ(policy->Find({"dns:other.test", "dns:web.test"})->name, "web");
  EXPECT_EQ(policy->Find({"dns:web.test", "uri:spiffe://test/web"})->name, "web");
  for (const char* const other : {"uri:spiffe://test/WEB", "uri:spiffe://test/web/", "dns:spiffe://test/web",
                                  "web.test", "dns:a.web.test", "", "dns:"}) {
    EXPECT_EQ(policy->Find({other}), nullptr) << other;
  }
  const std::string with_nul("dns:web.test\0.evil.test", 23);
  EXPECT_EQ(policy->Find({with_nul}), nullptr);
  EXPECT_EQ(policy->Find({}), nullptr);
}

TEST(Policy, ACertificateOfTwoCallersIsNobodys) {
  EXPECT_EQ(Parsed(kPolicy)->Find({"dns:web.test", "email:portal@test"}), nullptr);
}

// A proxy writes all names into one text. One of them may be made to look like two.
TEST(Policy, EveryIdentityOfAHeaderMustBeTheCallers) {
  const auto policy = Parsed(kPolicy);
  constexpr auto kEvery = Policy::Match::kEvery;
  EXPECT_NE(policy->Find({"dns:web.test", "uri:spiffe://test/web"}, kEvery), nullptr);
  EXPECT_EQ(policy->Find({"uri:spiffe://test/x", "uri:spiffe://test/web"}, kEvery), nullptr);
  EXPECT_EQ(policy->Find({}, kEvery), nullptr);
}

TEST(Policy, TenantsAreExact) {
  const auto policy = Parsed(kPolicy);
  const Caller& portal = policy->callers()[1];
  EXPECT_TRUE(portal.MayUse(""));
  EXPECT_TRUE(portal.MayUse("acme"));
  EXPECT_FALSE(portal.MayUse("Acme"));
  EXPECT_FALSE(portal.MayUse("*"));
  EXPECT_TRUE(policy->callers()[0].MayUse("whatever"));
}

TEST(Policy, RefusesFaultsInOneLineThatNamesThem) {
  const struct {
    std::string json;
    const char* says;
  } cases[] = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {Entry() + "x", "not JSON"},
      {"[]", "must be an object"},
      {"{}", "\"callers\" must be a list"},
      {R"({"callers": {}})", "\"callers\" must be a list"},
      {R"({"callers": []})", "at least one entry"},
      {R"({"callers": [], "extra": 1})", "there is no key \"extra\""},
      {R"({"callers": [1]})", "entry 1: an entry is an object"},
      {Entry("\"web\"", "7"), "entry 1: \"name\" must be a text"},
      {Entry("\"web\"", "\"\""), "a name is 1 to 255 bytes"},
      {Entry("\"web\"", "\"a\\nb\""), "a name is 1 to 255 bytes"},
      {Entry("\"tenants\"", "\"tenant\""), "entry 1: there is no key \"tenant\""},
      {Entry("dns:web", "web"), "\"web\" is no identity"},
      {Entry("dns:web", "ip:127.0.0.1"), "is no identity"},
      {Entry("dns:web", "dns:"), "is no identity"},
      {Entry("dns:web", "dns:*.test"), "compared exactly"},
      {Entry("verify", "root"), "there is no role \"root\"; the roles are verify, manage, admin, support"},
      {Entry("[\"verify\"]", "[]"), "\"roles\" must be a list with at least one text"},
      {Entry("[\"verify\"]", "\"verify\""), "\"roles\" must be a list"},
      {Entry("[\"verify\"]", "[\"verify\", 1]"), "\"roles\" must be a list"},
      {Entry(", \"tenants\": [\"*\"]", ""), "\"tenants\" must be a list"},
      {Entry("\"roles\"", "\"name\": \"x\", \"roles\""), "an object has the key \"name\" twice"},
      {Entry("[\"dns:web\"]", "[\"dns:web\", \"dns:web\"]"), "the identity \"dns:web\" occurs twice"},
      {R"({"callers": [
          {"name": "a", "identities": ["dns:x"], "roles": ["verify"], "tenants": ["*"]},
          {"name": "a", "identities": ["dns:y"], "roles": ["verify"], "tenants": ["*"]}]})",
       "two callers have the name \"a\""},
      {std::string(100, '['), "not JSON"},
      {std::string(10, '[') + std::string(10, ']'), "nested too deeply"},
  };
  for (const auto& one : cases) {
    const auto policy = Policy::Parse(one.json);
    ASSERT_FALSE(policy.ok()) << one.json;
    EXPECT_THAT(std::string(policy.status().message()), HasSubstr(one.says)) << one.json;
    EXPECT_EQ(policy.status().message().find('\n'), absl::string_view::npos) << policy.status();
  }
}

TEST(Policy, AFileThatStrangersMayChangeIsRefused) {
  const TempFolder folder;
  const std::string path = folder.File("policy.json");
  std::ofstream(path) << kPolicy;
  EXPECT_TRUE(Policy::Load(path).ok());
  ASSERT_EQ(RunTool({"chmod", "0666", path}).exit_code, 0);
  EXPECT_THAT(std::string(Policy::Load(path).status().message()), HasSubstr("policy.json"));
  EXPECT_EQ(Policy::Load(folder.File("none")).status().code(), absl::StatusCode::kNotFound);
}

TEST(AccessControl, WithoutAPolicyEverybodyMayDoEverything) {
  const AccessControl access(nullptr);
  const auto authorization = access.Identify({});
  ASSERT_TRUE(authorization.ok());
  EXPECT_TRUE(authorization->CheckRoles({Role::kAdmin}).ok());
  EXPECT_TRUE(authorization->MayUse("acme"));
  EXPECT_EQ(authorization->caller(), "");
}

TEST(AccessControl, NobodyIsAllowedByDefault) {
  const AccessControl access(Parsed(kPolicy));
  EXPECT_EQ(ReasonOf(access.Identify({}).status()), v1::CALLER_UNKNOWN);
  EXPECT_EQ(ReasonOf(access.Identify({"dns:x"}).status()), v1::CALLER_UNKNOWN);
  const auto web = access.Identify({"dns:web.test"});
  ASSERT_TRUE(web.ok());
  EXPECT_EQ(ReasonOf(web->CheckRoles({Role::kManage})), v1::CALLER_NOT_ALLOWED);
  EXPECT_EQ(ReasonOf(web->CheckRoles({})), v1::CALLER_NOT_ALLOWED);
  EXPECT_FALSE(Authorization().MayUse(""));
  EXPECT_EQ(ReasonOf(Authorization().CheckRoles({Role::kVerify})), v1::CALLER_NOT_ALLOWED);
}

TEST(AccessControl, OneOfSeveralRolesSuffices) {
  const AccessControl access(Parsed(kPolicy));
  const auto portal = access.Identify({"email:portal@test"});
  ASSERT_TRUE(portal.ok());
  EXPECT_TRUE(portal->CheckRoles({Role::kAdmin, Role::kSupport}).ok());
  EXPECT_EQ(portal->caller(), "portal");
  EXPECT_TRUE(portal->CheckTenant("acme").ok());
  EXPECT_EQ(ReasonOf(portal->CheckTenant("other")), v1::CALLER_NOT_ALLOWED);
}

TEST(AccessControl, AReplacedPolicyDecidesAtTheAnswer) {
  AccessControl access(Parsed(kPolicy));
  const auto web = access.Identify({"dns:web.test"});
  ASSERT_TRUE(web.ok());
  EXPECT_TRUE(access.CheckStill(*web, {Role::kVerify}, "acme").ok());
  access.Replace(Parsed(Entry("dns:web", "dns:web.test")));
  EXPECT_TRUE(access.CheckStill(*web, {Role::kVerify}, "acme").ok());
  EXPECT_EQ(ReasonOf(access.CheckStill(*web, {Role::kManage}, "acme")), v1::CALLER_NOT_ALLOWED);
  access.Replace(Parsed(Entry("verify", "manage")));
  EXPECT_EQ(ReasonOf(access.CheckStill(*web, {Role::kVerify}, "acme")), v1::CALLER_UNKNOWN);
  // The old caller's name is still there for the audit event.
  EXPECT_EQ(web->caller(), "web");
}

}  // namespace
}  // namespace twofold
