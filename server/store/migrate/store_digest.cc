#include "server/store/migrate/store_digest.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/async.h"
#include "crypto/bytes.h"
#include "crypto/hmac.h"
#include "storage/keys.h"

namespace twofold {
namespace {

constexpr int kPageRecords = 1000;
constexpr absl::string_view kLabel = "twofold store digest 1";

std::array<uint8_t, 32> Hash(absl::Span<const uint8_t> data) {
  std::array<uint8_t, 32> out;
  Hmac(HashAlgorithm::kSha256, AsBytes(kLabel), data, absl::MakeSpan(out));
  return out;
}

struct Counted {
  RecordDigest digest;
  int64_t bytes;
};

// The key's length keeps key and bytes apart.
Counted Count(const KeyedBytes& record) {
  const std::string text = absl::StrCat(record.key.size(), ":", record.key, record.bytes);
  const std::array<uint8_t, 32> hash = Hash(AsBytes(text));
  Counted counted;
  std::copy_n(hash.begin(), counted.digest.size(), counted.digest.begin());
  counted.bytes = static_cast<int64_t>(record.bytes.size());
  return counted;
}

}  // namespace

absl::StatusOr<StoreDigest> DigestStore(Storage& storage, const std::function<void(int64_t)>& progress) {
  std::vector<Counted> all;
  std::string cursor;
  do {
    absl::StatusOr<ScanPage> page = SyncWait(storage.Scan(cursor, kPageRecords));
    if (!page.ok()) return page.status();
    for (const KeyedBytes& record : page->records) {
      if (record.key != StoreMarkerKey()) all.push_back(Count(record));
    }
    cursor = std::move(page->next_cursor);
    progress(static_cast<int64_t>(all.size()));
  } while (!cursor.empty());

  std::sort(all.begin(), all.end(), [](const Counted& a, const Counted& b) { return a.digest < b.digest; });
  const auto same = [](const Counted& a, const Counted& b) { return a.digest == b.digest; };
  all.erase(std::unique(all.begin(), all.end(), same), all.end());

  StoreDigest result;
  result.digests.reserve(all.size());
  for (const Counted& record : all) {
    result.digests.push_back(record.digest);
    result.bytes += record.bytes;
  }
  result.records = static_cast<int64_t>(all.size());
  const auto* first = reinterpret_cast<const uint8_t*>(result.digests.data());
  const std::array<uint8_t, 32> hash = Hash({first, result.digests.size() * sizeof(RecordDigest)});
  result.checksum =
      absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
  return result;
}

int64_t CountMissing(const StoreDigest& in, const StoreDigest& other) {
  std::vector<RecordDigest> missing;
  std::set_difference(in.digests.begin(), in.digests.end(), other.digests.begin(), other.digests.end(),
                      std::back_inserter(missing));
  return static_cast<int64_t>(missing.size());
}

}  // namespace twofold
