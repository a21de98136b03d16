// The URIs of carriers, through the registry that the flags use.

#include <sys/stat.h>

#include <fstream>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/builtins.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

using testing::HasSubstr;

TEST(CarrierUri, EachFormIsAccepted) {
  for (const char* uri :
       {"caller:", "file:codes.jsonl", "file:/var/lib/codes.jsonl",
        "https://hooks.example.org/codes?secret_file=/s", "https://hooks.example.org?secret_file=/s",
        "https://[2001:db8::1]:8443/a/b?secret_file=/s&ca_file=/c",
        "http://127.0.0.1:8080/codes?secret_file=/s", "http://localhost/?secret_file=/s",
        "http://[::1]/?secret_file=/s", "smtps://mail.example.org?from=noreply@example.org",
        "smtps://mailer@mail.example.org:465?password_file=/p&from=noreply@example.org&ca_file=/c",
        "smtp://noreply@example.org@mail.example.org:587?password_file=/p&from=no-reply+2fa@example.org"}) {
    EXPECT_EQ(BuiltinCarriers().Check(uri), absl::OkStatus()) << uri;
  }
}

TEST(CarrierUri, EverythingElseIsOneLineThatQuotesNothing) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "empty"},
      {"hunter2", "does not begin with a scheme"},
      {"ftp://hunter2", "known schemes are caller:, file:, http:, https:, smtp:, smtps:"},
      {"caller://hunter2", "takes no settings"},
      {"file:", "the path is missing"},
      {"https:hunter2", "the host is missing"},
      {"https:///hunter2?secret_file=/s", "HOST or HOST:PORT is malformed"},
      {"https://host:0/?secret_file=/s", "HOST or HOST:PORT is malformed"},
      {"https://host:99999/?secret_file=/s", "HOST or HOST:PORT is malformed"},
      {"https://ho st/?secret_file=/s", "HOST or HOST:PORT is malformed"},
      {"https://unix:/hunter2?secret_file=/s", "HOST or HOST:PORT is malformed"},
      {"https://host/hunter2", "option secret_file is missing"},
      {"https://host/?secret_file=", "option secret_file is empty"},
      {"https://host/?secret_file=/s&secret_file=/t", "option secret_file stands twice"},
      {"https://host/?secret=hunter2", "unknown option"},
      {"https://host/?secret_file=/s&hunter2", "unknown option"},
      {"https://user:hunter2@host/?secret_file=/s", "a password does not stand in the URI"},
      {"https://hunter2@host/?secret_file=/s", "the secret stands in secret_file"},
      {"https://host/a\r\nX: hunter2?secret_file=/s", "the path has a character"},
      {"https://host/hunter2 x?secret_file=/s", "the path has a character"},
      {"https://host/#hunter2?secret_file=/s", "the path has a character"},
      {"https://host/?secret_file=/s\nhunter2", "option secret_file has a character"},
      {"http://hooks.example.org/?secret_file=/s", "without TLS the host must be this machine"},
      {"http://127.0.0.1.example.org/?secret_file=/s", "without TLS the host must be this machine"},
      {"http://localhost/?secret_file=/s&ca_file=/c", "option ca_file is for TLS"},
      {"smtps://mail.example.org", "option from is missing"},
      {"smtps://mail.example.org?from=hunter2", "option from is missing or no plain"},
      {"smtps://mail.example.org?from=a@b.cd,hunter2@e.fg", "option from is missing or no plain"},
      {"smtps://mailer@mail.example.org?from=a@b.cd", "need each other"},
      {"smtps://mail.example.org?from=a@b.cd&password_file=/p", "need each other"},
      {"smtps://mailer:hunter2@mail.example.org?from=a@b.cd", "a password does not stand in the URI"},
      {"smtps://@mail.example.org?from=a@b.cd", "the user is not one name"},
      {"smtp://mail.example.org/hunter2?from=a@b.cd", "a mail server has no path"},
      {"smtp://mail.example.org?from=a@b.cd&secret_file=/s", "unknown option"},
  };
  for (const auto& [uri, why] : cases) {
    const absl::Status status = BuiltinCarriers().Check(uri);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << uri;
    EXPECT_THAT(status.message(), HasSubstr(why)) << uri;
    EXPECT_FALSE(absl::StrContains(status.message(), "hunter2")) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "\n")) << status;
  }
}

TEST(CarrierUri, TraitsSayWhatAProgramMustKnow) {
  const CarrierRegistry carriers = BuiltinCarriers();
  EXPECT_TRUE(carriers.TraitsOf("caller:").returns_to_caller);
  EXPECT_TRUE(carriers.TraitsOf("file:codes").for_trying);
  EXPECT_TRUE(carriers.TraitsOf("smtps://host?from=a@b.cd").mail_only);
  EXPECT_FALSE(carriers.TraitsOf("https://host/?secret_file=/s").mail_only);
  EXPECT_FALSE(carriers.TraitsOf("https://host/?secret_file=/s").for_trying);
  const auto caller = carriers.Open("caller:");
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(*caller, nullptr);
}

TEST(CarrierUri, AFileThatCannotBeUsedIsAnErrorAtTheStart) {
  const TempFolder folder;
  const std::string file = folder.File("secret");
  const std::string https = "https://host/?secret_file=" + file;
  const std::string smtps = "smtps://mailer@host?from=a@b.cd&password_file=" + file;
  const auto open = [](const std::string& uri) {
    return std::string(BuiltinCarriers().Open(uri).status().message());
  };
  for (const std::string& uri : {https, smtps}) EXPECT_THAT(open(uri), HasSubstr("the file " + file)) << uri;
  std::ofstream(file) << "hunter\x01two\n";
  chmod(file.c_str(), 0600);
  EXPECT_THAT(open(https), HasSubstr("whsec_ and the Base64"));
  EXPECT_THAT(open(smtps), HasSubstr("does not hold one password"));
  std::ofstream(file) << "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n";
  EXPECT_EQ(open(https), "");
  EXPECT_EQ(open(smtps), "");
  EXPECT_THAT(open(https + "&ca_file=/nowhere"), HasSubstr("the file /nowhere"));
  EXPECT_THAT(open(smtps + "&ca_file=/nowhere"), HasSubstr("the file /nowhere"));
  chmod(file.c_str(), 0644);
  EXPECT_THAT(open(https), HasSubstr("chmod o-r"));
  EXPECT_THAT(open(smtps), HasSubstr("chmod o-r"));
}

}  // namespace
}  // namespace twofold
