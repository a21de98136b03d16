#include "tests/harness/odd_credentials.h"

#include <cstddef>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "tests/harness/cbor.h"

namespace twofold {
namespace {

using nlohmann::json;

constexpr size_t kFlagsAt = 32;
// After digest, flags, counter and model.
constexpr size_t kIdSizeAt = 32 + 1 + 4 + 16;
// Of a key with ES256: the last two of its parameters.
constexpr size_t kCoordinatePair = 1 + 2 + 32;

using Edit = KeyKnobs::Edit;

Edit Append(std::string bytes) {
  return [bytes = std::move(bytes)](std::string& text) { text += bytes; };
}

Edit CutTo(size_t size) {
  return [size](std::string& text) { text.resize(size); };
}

Edit CutBy(size_t size) {
  return [size](std::string& text) { text.resize(text.size() - size); };
}

Edit FlipBit(size_t at, int bit) {
  return [=](std::string& text) { text[at] = static_cast<char>(text[at] ^ 1 << bit); };
}

Edit Replace(std::string from, std::string to) {
  return [from = std::move(from), to = std::move(to)](std::string& text) {
    absl::StrReplaceAll({{from, to}}, &text);
  };
}

Edit Become(std::string whole) {
  return [whole = std::move(whole)](std::string& text) { text = whole; };
}

Edit InTurn(const Edit& first, const Edit& second) {
  return [=](std::string& text) {
    first(text);
    second(text);
  };
}

std::string Ec(int64_t algorithm, const std::string& x, const std::string& y) {
  return CborMap({{CborInteger(1), CborInteger(2)},
                  {CborInteger(3), CborInteger(algorithm)},
                  {CborInteger(-1), CborInteger(1)},
                  {CborInteger(-2), CborBytes(x)},
                  {CborInteger(-3), CborBytes(y)}});
}

std::string IndefiniteMap(absl::string_view map) { return absl::StrCat("\xbf", map.substr(1), "\xff"); }

class List {
 public:
  // `change` sets the knobs of one credential.
  void Add(std::string name, Noticed noticed, const std::function<void(KeyKnobs&)>& change) {
    OddCredential odd{std::move(name), noticed, {}};
    change(odd.knobs);
    all_.push_back(std::move(odd));
  }

  std::vector<OddCredential> Take() { return std::move(all_); }

 private:
  std::vector<OddCredential> all_;
};

void AddClientData(List& list, const char* other_type) {
  const auto rules = [&list](std::string name, const std::function<void(KeyKnobs&)>& change) {
    list.Add(std::move(name), Noticed::kByRules, change);
  };
  rules("another origin", [](KeyKnobs& knobs) { knobs.origin = "https://evil.example"; });
  rules("a neighbouring origin", [](KeyKnobs& knobs) { knobs.origin = "https://evil.example.org"; });
  rules("another port", [](KeyKnobs& knobs) { knobs.origin = "https://example.org:8443"; });
  rules("another scheme", [](KeyKnobs& knobs) { knobs.origin = "http://example.org"; });
  rules("an origin with a slash", [](KeyKnobs& knobs) { knobs.origin = "https://example.org/"; });
  rules("an origin in capitals", [](KeyKnobs& knobs) { knobs.origin = "https://EXAMPLE.org"; });
  rules("an origin with a zero byte",
        [](KeyKnobs& knobs) { knobs.origin = std::string("https://example.org\0.evil.example", 33); });
  rules("no origin in its member", [](KeyKnobs& knobs) { knobs.origin = ""; });
  rules("another challenge", [](KeyKnobs& knobs) { knobs.challenge = std::string(32, 'c'); });
  rules("an empty challenge", [](KeyKnobs& knobs) { knobs.challenge = ""; });
  rules("the type of the other ceremony", [other_type](KeyKnobs& knobs) { knobs.type = other_type; });
  rules("an unknown type", [](KeyKnobs& knobs) { knobs.type = "webauthn.other"; });
  rules("crossOrigin", [](KeyKnobs& knobs) { knobs.cross_origin = true; });
  rules("topOrigin", [](KeyKnobs& knobs) { knobs.top_origin = "https://evil.example"; });
  rules("an empty topOrigin", [](KeyKnobs& knobs) { knobs.top_origin = ""; });

  const auto by_json = [&list](std::string name, const Edit& edit) {
    list.Add(std::move(name), Noticed::kByJson, [&](KeyKnobs& knobs) { knobs.client_data = edit; });
  };
  by_json("client data that is not JSON", Become("webauthn"));
  by_json("client data that is empty", Become(""));
  by_json("client data that is cut off", CutBy(1));
  by_json("client data with bytes after it", Append("x"));
  by_json("client data with a zero byte after it", Append(std::string("\0{}", 3)));
  by_json("client data of 4,097 bytes", [](std::string& text) { text.resize(4097, ' '); });
  by_json("the origin twice",
          Replace(R"("crossOrigin")", R"("origin":"https://evil.example","crossOrigin")"));
  by_json("the origin twice, once spelled otherwise",
          Replace(R"("crossOrigin")", R"("\u006frigin":"https://evil.example","crossOrigin")"));
  by_json("the challenge with padding", Replace(R"(","origin")", R"(=","origin")"));
  by_json("no challenge", Replace("challenge", "challenger"));
  by_json("no type", Replace(R"("type")", R"("kind")"));
  list.Add("client data with unknown members", Noticed::kNever, [](KeyKnobs& knobs) {
    knobs.client_data = Replace(R"({"type")", R"({"other_keys_can_be_added_here":{"a":[1]},"type")");
  });
  list.Add("client data in another order", Noticed::kNever, [](KeyKnobs& knobs) {
    knobs.client_data = InTurn(Replace(R"(,"crossOrigin":false)", ""),
                               Replace(R"({"type")", R"({"crossOrigin":false,"type")"));
  });
}

void AddFlags(List& list) {
  list.Add("user not present", Noticed::kByRules, [](KeyKnobs& knobs) { knobs.user_present = false; });
  list.Add("user not verified", Noticed::kByUserVerification,
           [](KeyKnobs& knobs) { knobs.user_verified = false; });
  list.Add("backed up without being eligible", Noticed::kByRules,
           [](KeyKnobs& knobs) { knobs.backed_up = true; });
  list.Add("another RP ID", Noticed::kByRules, [](KeyKnobs& knobs) { knobs.rp_id = "evil.example"; });
  list.Add("a bit of the RP ID's digest", Noticed::kByRules,
           [](KeyKnobs& knobs) { knobs.authenticator_data = FlipBit(0, 0); });
  list.Add("an unknown extension", Noticed::kNever, [](KeyKnobs& knobs) {
    knobs.extensions = CborMap({{CborText("unknown"), CborArray({CborInteger(1)})}});
  });
  list.Add("an extension that nobody asked for", Noticed::kNever, [](KeyKnobs& knobs) {
    knobs.extensions = CborMap({{CborText("credProtect"), CborInteger(2)}});
  });
  list.Add("the flag of extensions alone", Noticed::kByData, [](KeyKnobs& knobs) { knobs.extensions = ""; });
  list.Add("extensions that are no map", Noticed::kByData,
           [](KeyKnobs& knobs) { knobs.extensions = CborArray({}); });
  list.Add("extensions of indefinite length", Noticed::kByData,
           [](KeyKnobs& knobs) { knobs.extensions = "\xbf\xff"; });
  list.Add("two maps of extensions", Noticed::kByData,
           [](KeyKnobs& knobs) { knobs.extensions = CborMap({}) + CborMap({}); });
  list.Add("extensions without their flag", Noticed::kByData,
           [](KeyKnobs& knobs) { knobs.authenticator_data = Append(CborMap({})); });
  list.Add("five bytes after the authenticator data", Noticed::kByData,
           [](KeyKnobs& knobs) { knobs.authenticator_data = Append("12345"); });
  list.Add("authenticator data that is cut off", Noticed::kByData,
           [](KeyKnobs& knobs) { knobs.authenticator_data = CutBy(1); });
  list.Add("no authenticator data", Noticed::kByData,
           [](KeyKnobs& knobs) { knobs.authenticator_data = Become(""); });
}

void AddJson(List& list, const char* data_member) {
  const auto by_json = [&list](std::string name, std::function<void(json&)> change) {
    list.Add(std::move(name), Noticed::kByJson,
             [&](KeyKnobs& knobs) { knobs.credential = std::move(change); });
  };
  by_json("another type of credential", [](json& credential) { credential["type"] = "password"; });
  by_json("id and rawId that differ", [](json& credential) { credential["id"] = "AAEC"; });
  by_json("an id with padding", [](json& credential) {
    credential["id"] = credential["rawId"] = credential["id"].get<std::string>() + "=";
  });
  by_json("no rawId", [](json& credential) { credential.erase("rawId"); });
  by_json("no response", [](json& credential) { credential.erase("response"); });
  by_json("no data", [data_member](json& credential) { credential["response"].erase(data_member); });
  by_json("data in the alphabet of base64",
          [data_member](json& credential) { credential["response"][data_member] = "+/+/"; });
  by_json("more than 16 KiB", [](json& credential) { credential["unread"] = std::string(16 << 10, 'x'); });
  by_json("17 levels", [](json& credential) {
    json nested = json::array();
    for (int i = 0; i < 15; ++i) nested = json::array({nested});
    credential["unread"] = nested;
  });
  list.Add("unknown members", Noticed::kNever, [](KeyKnobs& knobs) {
    knobs.credential = [](json& credential) { credential["unread"] = {1, "two", nullptr}; };
  });
  // The key is the one that the data names, or that signed.
  list.Add("the id of another credential", Noticed::kByRules, [](KeyKnobs& knobs) {
    knobs.credential = [](json& credential) { credential["id"] = credential["rawId"] = "AAEC"; };
  });
}

void AddNewKeys(List& list) {
  const auto by_key = [&list](std::string name, const Edit& edit) {
    list.Add(std::move(name), Noticed::kByKey, [&](KeyKnobs& knobs) { knobs.cose_key = edit; });
  };
  const std::string zero(32, '\0');
  by_key("a point that is not on the curve", [](std::string& key) { FlipBit(key.size() - 1, 0)(key); });
  by_key("a point of zeros", Become(Ec(-7, zero, zero)));
  by_key("another algorithm than the key's type", [](std::string& key) { key[4] = CborInteger(-8)[0]; });
  by_key("another curve than the algorithm's", [](std::string& key) { key[6] = 2; });
  by_key("an algorithm that was not offered", Become(SigningKey(CoseAlgorithm::kEs384).CoseKey()));
  by_key("a key of Ed25519 of zeros", Become(CborMap({{CborInteger(1), CborInteger(1)},
                                                      {CborInteger(3), CborInteger(-8)},
                                                      {CborInteger(-1), CborInteger(6)},
                                                      {CborInteger(-2), CborBytes(zero)}})));
  by_key("an RSA key of 1,024 bits",
         Become(CborMap({{CborInteger(1), CborInteger(3)},
                         {CborInteger(3), CborInteger(-257)},
                         {CborInteger(-1), CborBytes(std::string(128, '\xf1'))},
                         {CborInteger(-2), CborBytes(std::string("\1\0\1", 3))}})));
  by_key("a key without its last parameter", [](std::string& key) {
    CutBy(kCoordinatePair)(key);
    key[0] = static_cast<char>(key[0] - 1);
  });
  by_key("an empty key", Become(CborMap({})));

  const auto by_data = [&list](std::string name, const Edit& edit) {
    list.Add(std::move(name), Noticed::kByData, [&](KeyKnobs& knobs) { knobs.cose_key = edit; });
  };
  by_data("parameters of a key out of order", [](std::string& key) {
    const std::string y = key.substr(key.size() - kCoordinatePair);
    CutBy(kCoordinatePair)(key);
    key.insert(key.size() - kCoordinatePair, y);
  });
  by_data("a key that is an indefinite map", [](std::string& key) { key = IndefiniteMap(key); });
  by_data("a parameter of a key twice", [](std::string& key) {
    key += key.substr(key.size() - kCoordinatePair);
    key[0] = static_cast<char>(key[0] + 1);
  });
  by_data("a key that is no map", Become(CborBytes("key")));
}

void AddAttestation(List& list) {
  list.Add("an id of 1 byte", Noticed::kNever, [](KeyKnobs& knobs) { knobs.credential_id = "i"; });
  list.Add("an id of 1,023 bytes", Noticed::kNever,
           [](KeyKnobs& knobs) { knobs.credential_id = std::string(1023, 'i'); });
  list.Add("an id of 0 bytes", Noticed::kByJson, [](KeyKnobs& knobs) { knobs.credential_id = ""; });
  list.Add("an id of 1,024 bytes", Noticed::kByJson,
           [](KeyKnobs& knobs) { knobs.credential_id = std::string(1024, 'i'); });
  // The JSON names a good id, and the data says otherwise.
  const auto hidden_id = [](std::string id) {
    return [id = std::move(id)](KeyKnobs& knobs) {
      knobs.credential_id = id;
      knobs.credential = [](json& credential) { credential["id"] = credential["rawId"] = "AAEC"; };
    };
  };
  list.Add("an id of 0 bytes in the data", Noticed::kByData, hidden_id(""));
  list.Add("an id of 1,024 bytes in the data", Noticed::kByData, hidden_id(std::string(1024, 'i')));
  list.Add("another id in the data", Noticed::kByRules, hidden_id("another id"));

  const auto by_data = [&list](std::string name, const Edit& edit) {
    list.Add(std::move(name), Noticed::kByData, [&](KeyKnobs& knobs) { knobs.authenticator_data = edit; });
  };
  by_data("an id past the end", [](std::string& data) { data[kIdSizeAt] = 3; });
  by_data("no flag of a credential", FlipBit(kFlagsAt, 6));
  by_data("no credential", InTurn(FlipBit(kFlagsAt, 6), CutTo(kFlagsAt + 5)));

  const auto by_object = [&list](std::string name, const Edit& edit) {
    list.Add(std::move(name), Noticed::kByData, [&](KeyKnobs& knobs) { knobs.attestation_object = edit; });
  };
  by_object("a statement with the format none",
            Replace(CborText("attStmt") + CborMap({}),
                    CborText("attStmt") + CborMap({{CborText("alg"), CborInteger(-7)}})));
  by_object("a statement of a gibibyte", Replace(CborText("attStmt") + CborMap({}),
                                                 CborText("attStmt") + std::string("\x9a\x08\0\0\0", 5)));
  by_object("a statement that is an indefinite map",
            Replace(CborText("attStmt") + CborMap({}), CborText("attStmt") + "\xbf\xff"));
  by_object("bytes after the attestation object", Append("12345"));
  by_object("an attestation object that is cut off", CutBy(1));
  by_object("an attestation object that is an indefinite map",
            [](std::string& object) { object = IndefiniteMap(object); });
  by_object("no attestation object", Become(""));
  by_object("a member twice", [](std::string& object) {
    const std::string format = CborText("fmt") + CborText("none");
    object.insert(1, format);
    object[0] = static_cast<char>(object[0] + 1);
  });
  by_object("members out of order", [](std::string& object) {
    const std::string format = CborText("fmt") + CborText("none");
    object = object.substr(0, 1) + object.substr(1 + format.size()) + format;
  });
}

}  // namespace

std::vector<OddCredential> OddRegistrations() {
  List list;
  AddClientData(list, "webauthn.get");
  AddFlags(list);
  AddJson(list, "attestationObject");
  AddNewKeys(list);
  AddAttestation(list);
  list.Add("backup eligible", Noticed::kNever, [](KeyKnobs& knobs) { knobs.backup_eligible = true; });
  list.Add("unknown transports", Noticed::kNever, [](KeyKnobs& knobs) {
    knobs.credential = [](json& credential) { credential["response"]["transports"] = {"usb", "pigeon"}; };
  });
  return list.Take();
}

std::vector<OddCredential> OddAssertions() {
  List list;
  AddClientData(list, "webauthn.create");
  AddFlags(list);
  AddJson(list, "authenticatorData");
  list.Add("backup eligible, other than at the registration", Noticed::kByRules,
           [](KeyKnobs& knobs) { knobs.backup_eligible = true; });
  list.Add("the counter of the last login", Noticed::kByRules, [](KeyKnobs& knobs) { knobs.sign_count = 2; });
  list.Add("an older counter", Noticed::kByRules, [](KeyKnobs& knobs) { knobs.sign_count = 1; });
  list.Add("a counter of zero", Noticed::kByRules, [](KeyKnobs& knobs) { knobs.sign_count = 0; });
  list.Add("the largest counter", Noticed::kNever, [](KeyKnobs& knobs) { knobs.sign_count = 0xffffffff; });
  list.Add("another user handle", Noticed::kByRules,
           [](KeyKnobs& knobs) { knobs.user_handle = "somebody else"; });
  list.Add("no user handle", Noticed::kNever, [](KeyKnobs& knobs) {
    knobs.credential = [](json& credential) { credential["response"].erase("userHandle"); };
  });
  list.Add("the flag of a credential, and garbage", Noticed::kByData, [](KeyKnobs& knobs) {
    knobs.authenticator_data = InTurn(FlipBit(kFlagsAt, 6), Append("garbage"));
  });
  list.Add("the flag of a credential alone", Noticed::kByData,
           [](KeyKnobs& knobs) { knobs.authenticator_data = FlipBit(kFlagsAt, 6); });
  const auto by_signature = [&list](std::string name, const std::function<void(KeyKnobs&)>& change) {
    list.Add(std::move(name), Noticed::kBySignature, change);
  };
  by_signature("a bit of the signature", [](KeyKnobs& knobs) { knobs.signature = FlipBit(20, 0); });
  by_signature("an empty signature", [](KeyKnobs& knobs) { knobs.signature = Become(""); });
  by_signature("a signature that is cut off", [](KeyKnobs& knobs) { knobs.signature = CutBy(1); });
  by_signature("bytes after the signature", [](KeyKnobs& knobs) { knobs.signature = Append("12345"); });
  by_signature("another person's key",
               [](KeyKnobs& knobs) { knobs.signer = SigningKey(CoseAlgorithm::kEs256); });
  by_signature("another person's key of another type",
               [](KeyKnobs& knobs) { knobs.signer = SigningKey(CoseAlgorithm::kEdDsa); });
  const auto swap = [](const char* member, absl::string_view bytes) {
    return [member, text = absl::WebSafeBase64Escape(bytes)](KeyKnobs& knobs) {
      knobs.credential = [=](json& credential) { credential["response"][member] = text; };
    };
  };
  by_signature(
      "client data that was not signed",
      swap("clientDataJSON", R"({"type":"webauthn.get","challenge":"AAEC","origin":"https://example.org"})"));
  by_signature("authenticator data that was not signed",
               swap("authenticatorData", std::string(32, 'h') + std::string("\x05\0\0\0\x07", 5)));
  return list.Take();
}

}  // namespace twofold
