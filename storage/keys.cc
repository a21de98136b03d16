#include "storage/keys.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace twofold {

std::string SubjectKey(absl::string_view tenant, absl::string_view user) {
  return absl::StrCat(tenant, absl::string_view("\0", 1), user);
}

// A subject's second part does not begin with 0x00.
std::string StoreMarkerKey() { return std::string("\0\0store", 7); }

std::string FlatName(absl::string_view key) {
  return absl::StrCat("tf1:{", absl::WebSafeBase64Escape(key), "}");
}

std::optional<std::string> KeyOfFlatName(absl::string_view name) {
  absl::string_view escaped = name;
  std::string key;
  if (!absl::ConsumePrefix(&escaped, "tf1:{") || !absl::ConsumeSuffix(&escaped, "}") ||
      !absl::WebSafeBase64Unescape(escaped, &key) || FlatName(key) != name) {
    return std::nullopt;
  }
  return key;
}

std::string LoginBucket(absl::string_view subject_key) { return absl::StrCat(FlatName(subject_key), ":l"); }

std::string ResyncBucket(absl::string_view subject_key) { return absl::StrCat(FlatName(subject_key), ":r"); }

std::string ResyncBucket(absl::string_view subject_key, absl::string_view network) {
  return absl::StrCat(FlatName(subject_key), ":r:", network);
}

std::string BackupBucket(absl::string_view subject_key) { return absl::StrCat(FlatName(subject_key), ":b"); }

std::string BackupBucket(absl::string_view subject_key, absl::string_view network) {
  return absl::StrCat(FlatName(subject_key), ":b:", network);
}

std::string WriteBucket(absl::string_view subject_key) { return absl::StrCat(FlatName(subject_key), ":w"); }

std::string SecurityKeyBucket(absl::string_view subject_key) {
  return absl::StrCat(FlatName(subject_key), ":k");
}

std::string SecurityKeyBucket(absl::string_view subject_key, absl::string_view network) {
  return absl::StrCat(FlatName(subject_key), ":k:", network);
}

std::string GrantBucket(absl::string_view subject_key) { return absl::StrCat(FlatName(subject_key), ":g"); }

std::string GrantBucket(absl::string_view subject_key, absl::string_view network) {
  return absl::StrCat(FlatName(subject_key), ":g:", network);
}

std::string ChallengeBucket(absl::string_view subject_key) {
  return absl::StrCat(FlatName(subject_key), ":c");
}

std::string SubjectSendsBucket(absl::string_view subject_key, SendPeriod period) {
  constexpr absl::string_view kNames[] = {":sp", ":sh", ":sd"};
  return absl::StrCat(FlatName(subject_key), kNames[static_cast<size_t>(period)]);
}

std::string DestinationSendsBucket(absl::string_view digest) { return absl::StrCat("tf1:d:{", digest, "}"); }

std::string NetworkSendsBucket(absl::string_view network) { return absl::StrCat("tf1:s:{", network, "}"); }

std::string PrefixSendsBucket(absl::string_view dial_prefix) {
  return absl::StrCat("tf1:p:{", dial_prefix, "}");
}

std::string AllSendsBucket(absl::string_view type) { return absl::StrCat("tf1:t:{", type, "}"); }

std::string NetworkCodesBucket(absl::string_view network) { return absl::StrCat("tf1:a:{", network, "}"); }

std::string NetworkWritesBucket(absl::string_view network) { return absl::StrCat("tf1:w:{", network, "}"); }

}  // namespace twofold
