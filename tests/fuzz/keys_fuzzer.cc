// Every name of a stored thing can be read back into what it was built from, so no two subjects, buckets or
// addresses share one, whatever bytes a caller uses as an id.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "storage/keys.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

// The bytes between the braces of a flat name, decoded.
std::string KeyOf(absl::string_view flat_name) {
  const size_t open = flat_name.find('{');
  const size_t close = flat_name.find('}');
  std::string key;
  Require(open != absl::string_view::npos && close != absl::string_view::npos);
  Require(absl::WebSafeBase64Unescape(flat_name.substr(open + 1, close - open - 1), &key));
  return key;
}

void Run(const uint8_t* data, size_t size) {
  if (size == 0) return;
  // The first byte says where the rest is cut in two.
  const std::string text(data + 1, data + size);
  const size_t cut = text.empty() ? 0 : data[0] % text.size();
  const std::string tenant = text.substr(0, cut);
  const std::string user = text.substr(cut);
  if (user.empty() || text.find('\0') != std::string::npos) return;

  const std::string key = twofold::SubjectKey(tenant, user);
  const size_t end_of_tenant = key.find('\0');
  Require(key.substr(0, end_of_tenant) == tenant && key.substr(end_of_tenant + 1) == user);
  Require(key != twofold::StoreMarkerKey());
  Require(twofold::KeyOfFlatName(twofold::FlatName(key)) == key);
  Require(!twofold::KeyOfFlatName(twofold::LoginBucket(key)).has_value());
  const std::optional<std::string> named = twofold::KeyOfFlatName(text);
  Require(!named.has_value() || twofold::FlatName(*named) == text);

  const std::string record = twofold::FlatName(key);
  const std::string login = twofold::LoginBucket(key);
  const std::string resync = twofold::ResyncBucket(key);
  const std::string resync_here = twofold::ResyncBucket(key, tenant);
  const std::string backup = twofold::BackupBucket(key);
  const std::string backup_here = twofold::BackupBucket(key, tenant);
  const std::string write = twofold::WriteBucket(key);
  for (const std::string& name : {login, resync, resync_here, backup, backup_here, write}) {
    Require(KeyOf(name) == key);
  }
  Require(resync_here.substr(resync.size()) == ":" + tenant);
  Require(backup_here.substr(backup.size()) == ":" + tenant);
  const std::set<std::string> names = {record,
                                       login,
                                       resync,
                                       resync_here,
                                       backup,
                                       backup_here,
                                       write,
                                       twofold::NetworkCodesBucket(text),
                                       twofold::NetworkWritesBucket(text),
                                       twofold::FlatName(twofold::StoreMarkerKey())};
  Require(names.size() == 10);
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("keys", &Run);

}  // namespace
