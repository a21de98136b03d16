#include "clients/formats/portable.h"

#include <gmock/gmock.h>

#include "clients/formats/formats_fixture.h"

namespace twofold {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

UserMap MustParse(absl::string_view text) {
  std::vector<EntryError> errors;
  absl::StatusOr<UserMap> map = UserMap::Parse(text, errors);
  EXPECT_TRUE(map.ok()) << map.status();
  EXPECT_THAT(errors, IsEmpty());
  return *std::move(map);
}

ImportedEntry Token(size_t position, const std::string& serial, const std::string& account) {
  ImportedEntry entry;
  entry.position = position;
  entry.serial = serial;
  entry.account = account;
  return entry;
}

TEST(UserMap, FindsEntriesByTheColumnThatTheHeaderNames) {
  const UserMap by_serial = MustParse("Serial, User\n# tokens\n\nT1,ann\r\n\"T,2\",bob\n");
  EXPECT_EQ(by_serial.Find(Token(1, "T1", "x"))->user, "ann");
  EXPECT_EQ(by_serial.Find(Token(1, "T,2", "x"))->user, "bob");
  EXPECT_EQ(by_serial.Find(Token(1, "", "T1")), nullptr);
  ImportedEntry key = Token(1, "", "");
  key.key_id = "T1";
  EXPECT_EQ(by_serial.Find(key)->user, "ann");
  const UserMap by_account = MustParse("account,user,description,tenant\nann@x,ann,Ann's phone,blue\n");
  EXPECT_EQ(by_account.Find(Token(1, "T1", "ann@x"))->tenant, "blue");
  EXPECT_EQ(by_account.Find(Token(1, "T1", "ann@x"))->description, "Ann's phone");
  const UserMap by_entry = MustParse("entry,user\n3,ann\n");
  EXPECT_EQ(by_entry.Find(Token(3, "T1", "x"))->user, "ann");
  EXPECT_EQ(by_entry.Find(Token(1, "3", "3")), nullptr);
}

TEST(UserMap, SaysOfEachLineWhatIsWrong) {
  std::vector<EntryError> errors;
  ASSERT_TRUE(
      UserMap::Parse("serial,user\nT1,ann\nT1,bob\n,carol\nT2,\nT3\nT4,a,b\nT5,a\x07\n\"T6,a\n", errors)
          .ok());
  std::vector<std::string> messages;
  for (const EntryError& error : errors) messages.push_back(absl::StrCat(error.position, " ", error.message));
  EXPECT_THAT(messages,
              ElementsAre("3 repeats the serial of line 2", "4 has no serial", "5 has no user",
                          "6 has 1 columns, and the header has 2", "7 has 3 columns, and the header has 2",
                          HasSubstr("8 has a column that"), "9 has a quote that is not closed"));
}

TEST(UserMap, RefusesOtherHeaders) {
  std::vector<EntryError> errors;
  for (const char* header : {"", "T1,ann\n", "serial\n", "serial,tenant\n", "serial,user,group\n",
                             "serial,user,tenant,tenant\n", "line,user\n"}) {
    EXPECT_THAT(UserMap::Parse(header, errors).status().message(), HasSubstr("must name its columns"))
        << header;
  }
}

PortableOptions Options(const UserMap* users = nullptr) {
  PortableOptions options;
  options.tenant = "blue";
  options.issuer = "Example";
  options.users = users;
  options.now = absl::FromUnixSeconds(1'700'000'000);
  return options;
}

TEST(Portable, TakesTheUserOfTheFileOrOfTheMapAlone) {
  const std::string text = absl::StrCat("T1,", kSecretHex, ",totp,6,30\n", "T2,", kSecretHex, ",hotp,8,5\n");
  const PortableFile without = ToPortable(MustRead("oath-csv", text), Options());
  EXPECT_THAT(without.entries, IsEmpty());
  ASSERT_THAT(without.errors, SizeIs(2));
  EXPECT_THAT(without.errors[0].message, HasSubstr("add --user-map"));
  const UserMap map = MustParse("serial,user,tenant\nT1,ann,\nT3,bob,red\n");
  const PortableFile with = ToPortable(MustRead("oath-csv", text), Options(&map));
  ASSERT_THAT(with.entries, SizeIs(1));
  EXPECT_EQ(with.entries[0].method.user_id(), "ann");
  EXPECT_EQ(with.entries[0].method.tenant(), "blue");
  EXPECT_EQ(with.entries[0].method.description(), "T1");
  EXPECT_EQ(with.entries[0].method.otpauth_uri(),
            absl::StrCat("otpauth://totp/Example:T1?secret=", kSecretBase32, "&issuer=Example"));
  ASSERT_THAT(with.errors, SizeIs(1));
  EXPECT_EQ(with.errors[0].message, "is not in the user map, whose first column is serial");
  // An account name is the user unless a map says otherwise.
  const std::string uri = absl::StrCat("otpauth://totp/ACME:ann?secret=", kSecretBase32);
  EXPECT_EQ(ToPortable(MustRead("otpauth", uri), Options()).entries[0].method.user_id(), "ann");
  EXPECT_THAT(ToPortable(MustRead("otpauth", uri), Options(&map)).entries, IsEmpty());
}

TEST(Portable, CarriesWhatIsKnownOfUseAndClock) {
  ParsedFile file = MustRead("otpauth", absl::StrCat("otpauth://totp/ann?period=60&secret=", kSecretBase32));
  file.entries[0].clock_offset_steps = -2;
  file.entries[0].created = absl::FromUnixSeconds(1'600'000'000);
  file.entries[0].last_used = absl::FromUnixSeconds(6'000'030);
  const v1::PortableMethod method = ToPortable(std::move(file), Options()).entries[0].method;
  EXPECT_EQ(method.clock_offset_steps(), -2);
  EXPECT_EQ(method.create_time().seconds(), 1'600'000'000);
  EXPECT_EQ(method.last_used_time().seconds(), 6'000'030);
  // A code of the next step may have been used too.
  EXPECT_EQ(method.next_time_step(), 100'002);
}

TEST(Portable, BelievesNoTimeOfTheFuture) {
  ParsedFile file = MustRead("otpauth", absl::StrCat("otpauth://totp/ann?secret=", kSecretBase32));
  file.entries[0].created = file.entries[0].last_used = absl::FromUnixSeconds(1'800'000'000);
  const v1::PortableMethod method = ToPortable(std::move(file), Options()).entries[0].method;
  EXPECT_EQ(method.next_time_step(), 0);
  EXPECT_FALSE(method.has_create_time());
}

TEST(SealedFile, HoldsAMethodOnEachLine) {
  auto sealer = CmsSealer::ForPassword("correct horse battery");
  ASSERT_TRUE(sealer.ok());
  std::string file =
      (*sealer)->Add("{\"tenant\":\"blue\",\"userId\":\"ann\",\"otpauthUri\":\"otpauth://x\"}\n\nsecret\n");
  file += (*sealer)->Finish();
  EXPECT_EQ(*DetectImportFormat(file), kSealedFormat);
  const auto read = ReadSealedFile(file, {{}, SecretBytes::FromString("correct horse battery")});
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_THAT(read->entries, SizeIs(1));
  EXPECT_EQ(read->entries[0].method.user_id(), "ann");
  ASSERT_THAT(read->errors, SizeIs(1));
  EXPECT_EQ(read->errors[0].message, "is no method in JSON");
  EXPECT_FALSE(ReadSealedFile(file, {{}, SecretBytes::FromString("wrong horse battery")}).ok());
}

}  // namespace
}  // namespace twofold
