#include "tests/redis/history.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace twofold {
namespace {

// A version that the record had. It came into being after `put` and not after `seen`; it ended when
// the next one came.
struct Link {
  absl::Time put = absl::InfinitePast();
  absl::Time seen = absl::InfiniteFuture();
  std::optional<Version> next;
};

using Chain = std::map<Version, Link>;

std::string Name(const RecordHistory::Put& put) {
  return absl::StrCat("Put ", put.expected, " -> ", put.next, " (", absl::StatusCodeToString(put.code), ")");
}

// From the last version back to kAbsent.
Chain ReadChain(const std::map<Version, RecordHistory::Put>& puts, Version last,
                std::vector<std::string>& wrong) {
  Chain chain;
  std::optional<Version> after;
  for (Version at = last;; at = puts.at(at).expected) {
    Link& link = chain[at];
    link.next = after;
    if (at == kAbsent) {
      link.seen = absl::InfinitePast();
      return chain;
    }
    const auto put = puts.find(at);
    if (put == puts.end()) {
      wrong.push_back(absl::StrCat("version ", at, " was never put"));
      return chain;
    }
    link.put = put->second.begin;
    if (put->second.code == absl::StatusCode::kOk) link.seen = put->second.end;
    if (put->second.code != absl::StatusCode::kOk && put->second.code != absl::StatusCode::kUnknown) {
      wrong.push_back(Name(put->second) + " was done");
    }
    if (chain.contains(put->second.expected)) {
      wrong.push_back(absl::StrCat("version ", at, " came twice"));
      return chain;
    }
    after = at;
  }
}

// Whether the record surely had this version during all of the time from `begin` to `end`.
bool HadIt(const Chain& chain, Version version, absl::Time begin, absl::Time end) {
  const auto link = chain.find(version);
  if (link == chain.end() || link->second.seen > begin) return false;
  return !link->second.next.has_value() || chain.at(*link->second.next).put > end;
}

void CheckGet(const Chain& chain, const RecordHistory::Got& got, std::vector<std::string>& wrong) {
  const auto link = chain.find(got.version);
  if (link == chain.end()) {
    wrong.push_back(absl::StrCat("Get of version ", got.version, ", which the record never had"));
  } else if (link->second.put > got.end) {
    wrong.push_back(absl::StrCat("Get of version ", got.version, " before it was put"));
  } else if (link->second.next.has_value() && chain.at(*link->second.next).seen < got.begin) {
    wrong.push_back(absl::StrCat("Get of version ", got.version, ", which was over by then"));
  }
}

}  // namespace

void RecordHistory::Add(const Put& put) {
  const absl::MutexLock lock(&mutex_);
  puts_.push_back(put);
}

void RecordHistory::Add(const Got& got) {
  const absl::MutexLock lock(&mutex_);
  gets_.push_back(got);
}

std::vector<std::string> RecordHistory::Check(Version last) const {
  const absl::MutexLock lock(&mutex_);
  std::vector<std::string> wrong;
  std::map<Version, Put> by_version;
  for (const Put& put : puts_) {
    if (!by_version.emplace(put.next, put).second) wrong.push_back("the test put one version twice");
  }
  Chain chain = ReadChain(by_version, last, wrong);
  for (const Got& got : gets_) {
    const auto link = chain.find(got.version);
    if (link != chain.end()) link->second.seen = std::min(link->second.seen, got.end);
  }
  for (const Put& put : puts_) {
    if (put.code == absl::StatusCode::kOk && !chain.contains(put.next)) {
      wrong.push_back(Name(put) + " was lost");
    }
    if (put.code == absl::StatusCode::kAborted && HadIt(chain, put.expected, put.begin, put.end)) {
      wrong.push_back(Name(put) + " though the version was that");
    }
  }
  for (const Got& got : gets_) CheckGet(chain, got, wrong);
  return wrong;
}

}  // namespace twofold
