#include "server/ops/readiness.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace twofold {

Readiness::Readiness(const std::vector<std::string>& conditions) {
  for (const std::string& name : conditions) conditions_[name] = absl::UnavailableError("not checked yet");
}

bool Readiness::Set(absl::string_view condition, absl::Status status) {
  absl::MutexLock lock(&mutex_);
  const auto [entry, added] = conditions_.try_emplace(std::string(condition), status);
  if (!added && entry->second == status) return false;
  entry->second = std::move(status);
  return true;
}

void Readiness::AlsoAsk(absl::string_view condition, std::function<absl::Status()> ask) {
  absl::MutexLock lock(&mutex_);
  asks_[std::string(condition)] = std::move(ask);
}

absl::Status Readiness::StatusOf(absl::string_view condition, const absl::Status& set) const {
  if (!set.ok()) return set;
  const auto ask = asks_.find(condition);
  return ask == asks_.end() ? set : ask->second();
}

void Readiness::StartDraining() {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
}

bool Readiness::Holds(absl::string_view condition) const {
  absl::MutexLock lock(&mutex_);
  const auto entry = conditions_.find(condition);
  return entry != conditions_.end() && StatusOf(condition, entry->second).ok();
}

absl::Status Readiness::Check() const {
  std::vector<std::string> reasons;
  absl::MutexLock lock(&mutex_);
  if (draining_) reasons.emplace_back("draining");
  for (const auto& [name, set] : conditions_) {
    const absl::Status status = StatusOf(name, set);
    if (!status.ok()) reasons.push_back(absl::StrCat(name, ": ", status.message()));
  }
  if (reasons.empty()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrJoin(reasons, "; "));
}

}  // namespace twofold
