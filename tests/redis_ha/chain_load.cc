#include "tests/redis_ha/chain_load.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asio.hpp"
#include "tests/conformance/storage_client.h"
#include "tests/harness/await.h"

namespace twofold {
namespace {

// Longer chains would make the load one of bytes.
constexpr size_t kLongest = 300;
constexpr absl::Duration kReadLimit = absl::Seconds(10);
// A failure is often answered at once; without a pause a flow would do nothing else.
constexpr absl::Duration kPause = absl::Milliseconds(5);

std::string ToBytes(const std::vector<Version>& versions, size_t padding) {
  std::string bytes(versions.size() * sizeof(Version), '\0');
  std::memcpy(bytes.data(), versions.data(), bytes.size());
  bytes.resize(bytes.size() + padding, '.');
  return bytes;
}

std::vector<Version> FromBytes(const std::string& bytes, size_t padding) {
  std::vector<Version> versions((bytes.size() - std::min(padding, bytes.size())) / sizeof(Version));
  std::memcpy(versions.data(), bytes.data(), versions.size() * sizeof(Version));
  return versions;
}

bool Contains(const std::vector<Version>& versions, Version version) {
  // Mostly it is one of the last.
  return std::find(versions.rbegin(), versions.rend(), version) != versions.rend();
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ChainVerdict& verdict) {
  out << verdict.acknowledged << " acknowledged, " << verdict.reads << " reads, " << verdict.unavailable
      << " refused, " << verdict.lost << " lost, " << verdict.undone << " undone, " << verdict.out_of_order
      << " out of order, " << verdict.phantoms << " phantoms, " << verdict.stale_reads << " stale reads";
  for (const std::string& one : verdict.strange) out << "\n" << one;
  return out;
}

ChainLoad::ChainLoad(const std::vector<Storage*>& storages, ChainLoadOptions options)
    : options_(std::move(options)), random_(std::random_device()()) {
  const auto chains = static_cast<size_t>(options_.chains);
  {
    absl::MutexLock lock(&mutex_);
    for (size_t i = 0; i < chains; ++i) {
      chains_.emplace_back().key = options_.key_of(static_cast<int>(i));
      current_.push_back(&chains_.back());
    }
  }
  for (Storage* const storage : storages) {
    const size_t first = flows_.size();
    for (size_t i = 0; i < chains; ++i) flows_.emplace_back().storage = storage;
    for (size_t i = 0; i < chains; ++i) flows_[first + i].chain = i;
    threads_.emplace_back([this, first, chains] {
      asio::io_context context(1);
      for (size_t i = 0; i < chains; ++i) {
        Spawn(context.get_executor(), in_flight_, Grow(flows_[first + i]), [this](absl::StatusOr<bool> done) {
          if (!done.ok()) Strange(done.status(), "a flow");
        });
      }
      context.run();
    });
  }
}

ChainLoad::~ChainLoad() { Stop(); }

void ChainLoad::Mark() { ++mark_; }

bool ChainLoad::EveryChainGrew() const {
  return std::all_of(flows_.begin(), flows_.end(), [&](const Flow& flow) { return flow.grew_in == mark_; });
}

void ChainLoad::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Version ChainLoad::NewVersion() {
  absl::MutexLock lock(&mutex_);
  return random_() | 1;
}

ChainLoad::Chain& ChainLoad::Current(size_t index) {
  absl::MutexLock lock(&mutex_);
  return *current_[index];
}

ChainLoad::Chain& ChainLoad::After(size_t index, const Chain& old) {
  absl::MutexLock lock(&mutex_);
  if (current_[index] == &old) {
    chains_.emplace_back().key = options_.key_of(static_cast<int>(chains_.size()));
    current_[index] = &chains_.back();
  }
  return *current_[index];
}

void ChainLoad::Refused(const absl::Status& status) {
  ++unavailable_;
  absl::MutexLock lock(&mutex_);
  reasons_.emplace(status.message());
}

void ChainLoad::Strange(const absl::Status& status, absl::string_view of) {
  absl::MutexLock lock(&mutex_);
  strange_.insert(absl::StrCat(of, ": ", status.ToString()));
}

Task<absl::StatusOr<bool>> ChainLoad::Grow(Flow& flow) {
  const TaskRun& run = co_await CurrentRun();
  while (!stop_) {
    Chain* chain = &Current(flow.chain);
    Version latest = kAbsent;
    {
      absl::MutexLock lock(&mutex_);
      latest = chain->latest;
    }
    const absl::StatusOr<VersionedBytes> got = co_await flow.storage->Get(chain->key);
    if (!got.ok() && !absl::IsNotFound(got.status())) {
      if (absl::IsUnavailable(got.status())) {
        Refused(got.status());
      } else {
        Strange(got.status(), "Get");
      }
      co_await Sleep(run.executor(), kPause);
      continue;
    }
    Seen seen;
    if (got.ok()) {
      seen.version = got->version;
      seen.versions = FromBytes(got->bytes, options_.padding);
    }
    NoteRead(*chain, latest, seen);
    if (seen.versions.size() >= kLongest) {
      chain = &After(flow.chain, *chain);
      seen = Seen();
    }
    const bool went_well = co_await Extend(flow, *chain, std::move(seen));
    if (!went_well) co_await Sleep(run.executor(), kPause);
  }
  co_return true;
}

// A few Puts in a row, each on the version of the one before; false when something failed.
Task<bool> ChainLoad::Extend(Flow& flow, Chain& chain, Seen seen) {
  constexpr int kInARow = 4;
  for (int i = 0; i < kInARow && !stop_; ++i) {
    const Version next = NewVersion();
    const Version expected = seen.version;
    const int64_t mark = mark_;
    seen.versions.push_back(next);
    std::string bytes = ToBytes(seen.versions, options_.padding);
    const absl::Status put = co_await flow.storage->Put(chain.key, std::move(bytes), expected, next);
    if (!Note(chain, put, expected, next)) co_return absl::IsAborted(put);
    seen.version = next;
    flow.grew_in = mark;
  }
  co_return true;
}

bool ChainLoad::Note(Chain& chain, const absl::Status& put, Version expected, Version next) {
  if (!put.ok() && !absl::IsAborted(put) && !absl::IsUnavailable(put) && !absl::IsUnknown(put)) {
    Strange(put, "Put");
  }
  if (absl::IsUnavailable(put)) Refused(put);
  absl::MutexLock lock(&mutex_);
  if (put.ok()) {
    ++acknowledged_;
    chain.acknowledged[next] = expected;
    chain.latest = next;
  } else if (!absl::IsUnknown(put)) {
    chain.refused.push_back(next);
  }
  return put.ok();
}

void ChainLoad::NoteRead(Chain& chain, Version latest_before, const Seen& seen) {
  ++reads_;
  if (latest_before == kAbsent || Contains(seen.versions, latest_before)) return;
  absl::MutexLock lock(&mutex_);
  ++chain.stale_reads;
}

ChainVerdict ChainLoad::Check(Storage& storage) {
  Stop();
  absl::MutexLock lock(&mutex_);
  ChainVerdict verdict;
  verdict.reads = reads_;
  verdict.unavailable = unavailable_;
  verdict.strange = strange_;
  verdict.reasons = reasons_;
  for (const Chain& chain : chains_) {
    absl::StatusOr<VersionedBytes> got;
    Await(kReadLimit, [&] {
      got = StorageClient(storage).Get(chain.key);
      return got.ok() || absl::IsNotFound(got.status());
    });
    if (!got.ok() && !absl::IsNotFound(got.status())) verdict.strange.insert(got.status().ToString());
    const std::vector<Version> versions =
        got.ok() ? FromBytes(got->bytes, options_.padding) : std::vector<Version>();
    std::map<Version, Version> before;
    for (size_t i = 0; i < versions.size(); ++i) before[versions[i]] = i == 0 ? kAbsent : versions[i - 1];
    std::set<Version> replaced;
    for (const auto& [version, expected] : chain.acknowledged) {
      ++verdict.acknowledged;
      if (!replaced.insert(expected).second) ++verdict.undone;
      const auto found = before.find(version);
      if (found == before.end()) {
        ++verdict.lost;
      } else if (found->second != expected) {
        ++verdict.out_of_order;
      }
    }
    for (const Version version : chain.refused)
      verdict.phantoms += static_cast<int64_t>(before.count(version));
    verdict.stale_reads += chain.stale_reads;
  }
  return verdict;
}

}  // namespace twofold
