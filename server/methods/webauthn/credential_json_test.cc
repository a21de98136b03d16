#include "server/methods/webauthn/credential_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace twofold {
namespace {

using nlohmann::json;

constexpr char kClientData[] =
    R"({"type":"webauthn.get","challenge":"AAEC","origin":"https://example.org","crossOrigin":false})";

// A word that no reason may quote.
constexpr char kForeign[] = "zorkmid";

std::string Encoded(absl::string_view bytes) { return absl::WebSafeBase64Escape(bytes); }

json Registration() {
  return {{"type", "public-key"},
          {"id", Encoded("key 1")},
          {"rawId", Encoded("key 1")},
          {"authenticatorAttachment", "cross-platform"},
          {"clientExtensionResults", json::object()},
          {"response",
           {{"clientDataJSON", Encoded(kClientData)},
            {"attestationObject", Encoded("object")},
            {"transports", {"usb", "nfc"}},
            {"publicKeyAlgorithm", -7}}}};
}

json Assertion() {
  return {{"type", "public-key"},
          {"id", Encoded("key 1")},
          {"rawId", Encoded("key 1")},
          {"response",
           {{"clientDataJSON", Encoded(kClientData)},
            {"authenticatorData", Encoded("data")},
            {"signature", Encoded("signature")},
            {"userHandle", Encoded("handle")}}}};
}

template <typename Parsed>
void ExpectRefused(const Parsed& parsed, absl::string_view what) {
  ASSERT_FALSE(parsed.ok()) << what;
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << what;
  EXPECT_FALSE(parsed.status().message().empty()) << what;
  EXPECT_FALSE(absl::StrContains(parsed.status().message(), kForeign)) << what;
}

void ExpectBothRefuse(absl::string_view text) {
  ExpectRefused(ParseRegistrationCredential(text), text);
  ExpectRefused(ParseAssertionCredential(text), text);
}

void ExpectClientDataRefused(absl::string_view text) { ExpectRefused(ParseClientData(text), text); }

TEST(CredentialJson, ReadsARegistration) {
  const auto parsed = ParseRegistrationCredential(Registration().dump());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->id, "key 1");
  EXPECT_EQ(parsed->client_data_json, kClientData);
  EXPECT_EQ(parsed->client_data.origin, "https://example.org");
  EXPECT_EQ(parsed->attestation_object, "object");
  EXPECT_EQ(parsed->transports, (std::vector<std::string>{"nfc", "usb"}));
}

TEST(CredentialJson, ReadsAnAssertion) {
  const auto parsed = ParseAssertionCredential(Assertion().dump());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->id, "key 1");
  EXPECT_EQ(parsed->client_data_json, kClientData);
  EXPECT_EQ(parsed->authenticator_data, "data");
  EXPECT_EQ(parsed->signature, "signature");
  EXPECT_EQ(parsed->user_handle, "handle");
}

TEST(CredentialJson, TakesAnAssertionWithoutAUserHandle) {
  json assertion = Assertion();
  assertion["response"]["userHandle"] = nullptr;
  auto parsed = ParseAssertionCredential(assertion.dump());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->user_handle, "");
  assertion["response"].erase("userHandle");
  parsed = ParseAssertionCredential(assertion.dump());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->user_handle, "");
}

TEST(CredentialJson, KeepsOnlyKnownTransportsEachOnce) {
  json registration = Registration();
  registration["response"]["transports"] = {"usb", kForeign, 7, "hybrid", "usb", nullptr};
  auto parsed = ParseRegistrationCredential(registration.dump());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->transports, (std::vector<std::string>{"hybrid", "usb"}));
  registration["response"].erase("transports");
  parsed = ParseRegistrationCredential(registration.dump());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(parsed->transports.empty());
  registration["response"]["transports"] = "usb";
  ExpectRefused(ParseRegistrationCredential(registration.dump()), "transports");
}

TEST(CredentialJson, EachMemberIsNeededAndHasItsType) {
  for (const json& whole : {Registration(), Assertion()}) {
    for (const char* name : {"type", "id", "rawId", "response"}) {
      json changed = whole;
      changed.erase(name);
      ExpectBothRefuse(changed.dump());
      changed[name] = 7;
      ExpectBothRefuse(changed.dump());
    }
    for (const auto& [name, value] : whole["response"].items()) {
      if (!value.is_string() || name == "userHandle") continue;
      json changed = whole;
      changed["response"].erase(name);
      ExpectBothRefuse(changed.dump());
      changed["response"][name] = json::array();
      ExpectBothRefuse(changed.dump());
    }
  }
  json assertion = Assertion();
  assertion["response"]["userHandle"] = 7;
  ExpectBothRefuse(assertion.dump());
  assertion["response"] = "text";
  EXPECT_EQ(ParseAssertionCredential(assertion.dump()).status().message(), "the JSON has no object response");
}

TEST(CredentialJson, TypeIsPublicKey) {
  json changed = Registration();
  changed["type"] = kForeign;
  ExpectBothRefuse(changed.dump());
}

TEST(CredentialJson, IdsAgree) {
  for (const json& whole : {Registration(), Assertion()}) {
    json changed = whole;
    changed["rawId"] = Encoded("key 2");
    ExpectBothRefuse(changed.dump());
  }
}

TEST(CredentialJson, BoundsTheId) {
  json registration = Registration();
  json assertion = Assertion();
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1023}, size_t{1024}}) {
    const std::string id = Encoded(std::string(size, 'i'));
    registration["id"] = registration["rawId"] = assertion["id"] = assertion["rawId"] = id;
    const bool fits = size >= 1 && size <= 1023;
    EXPECT_EQ(ParseRegistrationCredential(registration.dump()).ok(), fits) << size;
    EXPECT_EQ(ParseAssertionCredential(assertion.dump()).ok(), fits) << size;
  }
}

TEST(CredentialJson, BoundsTheUserHandle) {
  json assertion = Assertion();
  for (const size_t size : {size_t{0}, size_t{1}, size_t{64}, size_t{65}}) {
    assertion["response"]["userHandle"] = Encoded(std::string(size, 'u'));
    EXPECT_EQ(ParseAssertionCredential(assertion.dump()).ok(), size >= 1 && size <= 64) << size;
  }
}

TEST(CredentialJson, BoundsTheText) {
  std::string text = Registration().dump();
  text.resize(kMaxCredentialJsonSize, ' ');
  EXPECT_TRUE(ParseRegistrationCredential(text).ok());
  ExpectBothRefuse(text + " ");
}

TEST(CredentialJson, BoundsTheClientData) {
  std::string text = kClientData;
  text.resize(kMaxClientDataSize, ' ');
  EXPECT_TRUE(ParseClientData(text).ok());
  ExpectClientDataRefused(text + " ");
}

TEST(CredentialJson, Base64UrlHasOneForm) {
  // The last one has a bit that belongs to no byte. The first but one has a remainder of one
  // symbol.
  for (const char* id : {"AAE=", "AA E", "AAE\n", "+/+/", "A", "AAEAA", "AAE-\u00e9", "AAF"}) {
    json changed = Registration();
    changed["id"] = changed["rawId"] = id;
    ExpectBothRefuse(changed.dump());
  }
  json changed = Registration();
  changed["id"] = changed["rawId"] = "-_-_";
  const auto parsed = ParseRegistrationCredential(changed.dump());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->id, "\xfb\xff\xbf");
}

TEST(CredentialJson, RefusesAKeyTwiceAtEveryLevel) {
  const std::string text = Assertion().dump();
  // Once at the top, once in an object, once as another spelling, once in an object that nobody
  // reads.
  for (const std::string& member :
       {absl::StrCat(R"("id":")", Encoded("key 1"), R"(",)"),
        absl::StrCat(R"("i\u0064":")", Encoded("key 1"), R"(",)"), std::string(R"("unread":{"a":1,"a":1},)"),
        std::string(R"("unread":[[{"a":{},"a":[]}]],)")}) {
    ExpectBothRefuse(absl::StrCat("{", member, text.substr(1)));
  }
  const std::string marker = R"("response":{)";
  const size_t at = text.find(marker) + marker.size();
  ExpectBothRefuse(absl::StrCat(text.substr(0, at), R"("signature":"AAEC",)", text.substr(at)));
  // Equal keys of different objects are none.
  EXPECT_TRUE(
      ParseAssertionCredential(absl::StrCat(R"({"unread":[{"id":1},{"id":2}],)", text.substr(1))).ok());
}

TEST(CredentialJson, BoundsTheDepth) {
  const auto nested = [](size_t depth) {
    return absl::StrCat(R"({"unread":)", std::string(depth, '['), std::string(depth, ']'), ",",
                        Assertion().dump().substr(1));
  };
  EXPECT_TRUE(ParseAssertionCredential(nested(15)).ok());
  ExpectBothRefuse(nested(16));
  ExpectBothRefuse(nested(6000));
  ExpectBothRefuse(absl::StrCat(R"({"unread":)", std::string(8000, '[')));
}

TEST(CredentialJson, TakesOneWholeObjectAlone) {
  const std::string text = Assertion().dump();
  EXPECT_TRUE(ParseAssertionCredential(absl::StrCat(" ", text, "\n")).ok());
  for (size_t size = 0; size < text.size(); ++size) ExpectBothRefuse(text.substr(0, size));
  ExpectBothRefuse(absl::StrCat(text, "x"));
  ExpectBothRefuse(absl::StrCat(text, text));
  ExpectBothRefuse(absl::StrCat("[", text, "]"));
  // A zero byte ends no text.
  ExpectBothRefuse(text + std::string("\0", 1));
  ExpectBothRefuse(text + std::string("\0junk", 5));
  for (const absl::string_view other : {"null", R"("text")", "[]", "not JSON"})
    EXPECT_EQ(ParseAssertionCredential(other).status().message(), "the text is not a JSON object") << other;
}

TEST(ClientData, ReadsEveryMember) {
  auto parsed = ParseClientData(
      R"({"origin":"https://a.example","crossOrigin":true,"topOrigin":"https://b.example",)"
      R"("other_keys_can_be_added_here":{"x":[1,2]},"challenge":"AAEC","type":"webauthn.create"})");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->type, "webauthn.create");
  EXPECT_EQ(parsed->challenge, std::string("\0\1\2", 3));
  EXPECT_EQ(parsed->origin, "https://a.example");
  EXPECT_TRUE(parsed->cross_origin);
  EXPECT_TRUE(parsed->has_top_origin);
  EXPECT_EQ(parsed->top_origin, "https://b.example");

  parsed = ParseClientData(R"({"type":"webauthn.get","challenge":"AAEC","origin":"https://a.example"})");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_FALSE(parsed->cross_origin);
  EXPECT_FALSE(parsed->has_top_origin);
}

TEST(ClientData, RefusesWhatHasTwoMeanings) {
  for (
      const char* text : {
          "",
          "not JSON",
          "[]",
          R"({"type":"webauthn.get"})",
          R"({"type":"t","challenge":"AAEC","origin":"https://a.example","origin":"https://zorkmid.example"})",
          R"({"type":"t","challenge":"AAEC","origin":"o","\u006frigin":"zorkmid"})",
          R"({"type":"t","challenge":"AAEC","challenge":"AAEC","origin":"o"})",
          R"({"type":"t","challenge":"AAEC=","origin":"o"})",
          R"({"type":"t","challenge":7,"origin":"o"})",
          R"({"type":"t","challenge":"AAEC","origin":["o"]})",
          R"({"type":null,"challenge":"AAEC","origin":"o"})",
          R"({"type":"t","challenge":"AAEC","origin":"o","crossOrigin":"false"})",
          R"({"type":"t","challenge":"AAEC","origin":"o","crossOrigin":null})",
          R"({"type":"t","challenge":"AAEC","origin":"o","topOrigin":null})",
          "{\"type\":\"t\",\"challenge\":\"AAEC\",\"origin\":\"\xff\"}",
          R"({"type":"t","challenge":"AAEC","origin":"\ud800"})",
          R"({"type":"t","challenge":"AAEC","origin":"o"}/**/)",
      }) {
    ExpectClientDataRefused(text);
  }
}

}  // namespace
}  // namespace twofold
