#include "storage/redis/bucket.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "storage/redis/scripts.h"

namespace twofold::redis {
namespace {

// The scripts compute with doubles, which are exact up to 2^53 microseconds: 285 years.
constexpr absl::Duration kMaxWindow = absl::Hours(24 * 366 * 20);
constexpr int64_t kMicrosPerMilli = 1000;

// The microseconds in which an attempt comes back.
absl::StatusOr<int64_t> IntervalOf(const RateLimit& limit) {
  const int64_t window = absl::ToInt64Microseconds(absl::Ceil(limit.window, absl::Microseconds(1)));
  if (limit.attempts <= 0 || window <= 0 || limit.window > kMaxWindow) {
    return absl::InvalidArgumentError(
        "a rate limit needs a positive number of attempts and a positive window");
  }
  return window / limit.attempts + (window % limit.attempts != 0 ? 1 : 0);
}

Call::Keys NamesOf(const std::vector<Bucket>& buckets) {
  Call::Keys names;
  for (const Bucket& bucket : buckets) names.push_back(bucket.name);
  return names;
}

void AddTime(const Clock* clock, std::vector<std::string>& arguments) {
  if (clock != nullptr) arguments.push_back(absl::StrCat(clock->Now() * kMicrosPerMilli));
}

using Replies = std::vector<absl::StatusOr<Reply>>;

// All calls at once; their replies in the same order.
Task<Replies> SendAll(Client& client, std::vector<Call> calls) {
  Call last = std::move(calls.back());
  calls.pop_back();
  Replies replies;
  if (calls.empty()) {
    replies.push_back(co_await client.Send(std::move(last)));
    co_return replies;
  }
  auto [others, reply] = co_await WhenAll(SendAll(client, std::move(calls)), client.Send(std::move(last)));
  replies = std::move(others);
  replies.push_back(std::move(reply));
  co_return replies;
}

absl::StatusOr<AcquireResult> AcquireResultOf(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) return absl::UnavailableError(reply.status().message());
  return ReadAcquireResult(*reply);
}

}  // namespace

absl::StatusOr<AcquireResult> ReadAcquireResult(const Reply& reply) {
  if (reply.type != Reply::Type::kInteger || reply.integer < 0) {
    return absl::UnavailableError("Redis answered a script strangely");
  }
  AcquireResult acquired;
  acquired.allowed = reply.integer == 0;
  acquired.retry_after = absl::Microseconds(reply.integer);
  return acquired;
}

std::vector<Buckets::Group> Buckets::GroupsOf(std::vector<Bucket> buckets) const {
  std::vector<Group> groups;
  if (!has_slots_) {
    groups.push_back(std::move(buckets));
    return groups;
  }
  for (Bucket& bucket : buckets) groups.emplace_back().push_back(std::move(bucket));
  return groups;
}

absl::StatusOr<Call> Buckets::AcquireCall(const Group& group, Mode mode) const {
  if (group.empty()) return absl::InvalidArgumentError("no bucket is named");
  std::vector<std::string> arguments;
  arguments.reserve(2 * group.size() + 2);
  arguments.emplace_back(mode == Mode::kTake ? "1" : "0");
  for (const Bucket& bucket : group) {
    const absl::StatusOr<int64_t> interval = IntervalOf(bucket.limit);
    if (!interval.ok()) return interval.status();
    arguments.push_back(absl::StrCat(*interval));
    arguments.push_back(absl::StrCat(bucket.limit.attempts));
  }
  AddTime(clock_, arguments);
  return Call(kAcquireScript, NamesOf(group), std::move(arguments));
}

Task<absl::StatusOr<AcquireResult>> Buckets::Acquire(std::vector<Bucket> buckets) {
  std::vector<Group> groups = GroupsOf(std::move(buckets));
  if (groups.size() > 1) {
    absl::StatusOr<AcquireResult> seen = co_await Peek(groups);
    if (!seen.ok() || !seen->allowed) co_return seen;
    co_return co_await Take(std::move(groups));
  }
  absl::StatusOr<Call> call = AcquireCall(groups.empty() ? Group() : groups.front(), Mode::kTake);
  if (!call.ok()) co_return call.status();
  const absl::StatusOr<Reply> reply = co_await client_.Send(*std::move(call));
  co_return AcquireResultOf(reply);
}

Task<absl::StatusOr<AcquireResult>> Buckets::Peek(const std::vector<Group>& groups) {
  std::vector<Call> calls;
  for (const Group& group : groups) {
    absl::StatusOr<Call> call = AcquireCall(group, Mode::kPeek);
    if (!call.ok()) co_return call.status();
    calls.push_back(*std::move(call));
  }
  const Replies replies = co_await SendAll(client_, std::move(calls));
  AcquireResult together;
  for (const absl::StatusOr<Reply>& reply : replies) {
    const absl::StatusOr<AcquireResult> acquired = AcquireResultOf(reply);
    if (!acquired.ok()) co_return acquired.status();
    together.retry_after = std::max(together.retry_after, acquired->retry_after);
  }
  together.allowed = together.retry_after == absl::ZeroDuration();
  co_return together;
}

Task<absl::StatusOr<AcquireResult>> Buckets::Take(std::vector<Group> groups) {
  std::vector<Call> calls;
  for (const Group& group : groups) {
    absl::StatusOr<Call> call = AcquireCall(group, Mode::kTake);
    if (!call.ok()) co_return call.status();
    calls.push_back(*std::move(call));
  }
  const Replies replies = co_await SendAll(client_, std::move(calls));
  AcquireResult together;
  absl::Status failed;
  std::vector<Group> taken;
  for (size_t i = 0; i < groups.size(); ++i) {
    const absl::StatusOr<AcquireResult> acquired = AcquireResultOf(replies[i]);
    if (!acquired.ok()) {
      failed = acquired.status();
      continue;
    }
    if (acquired->allowed) taken.push_back(std::move(groups[i]));
    together.retry_after = std::max(together.retry_after, acquired->retry_after);
  }
  together.allowed = failed.ok() && together.retry_after == absl::ZeroDuration();
  if (!together.allowed && !taken.empty()) {
    const absl::Status given = co_await MoveBack(std::move(taken), /*fill=*/false);
    if (failed.ok()) failed = given;
  }
  if (!failed.ok()) co_return failed;
  co_return together;
}

Task<absl::Status> Buckets::GiveBack(std::vector<Bucket> buckets) {
  return MoveBack(GroupsOf(std::move(buckets)), /*fill=*/false);
}

Task<absl::Status> Buckets::Fill(std::vector<Bucket> buckets) {
  return MoveBack(GroupsOf(std::move(buckets)), /*fill=*/true);
}

Task<absl::Status> Buckets::MoveBack(std::vector<Group> groups, bool fill) {
  std::vector<Call> calls;
  for (const Group& group : groups) {
    std::vector<std::string> arguments;
    for (const Bucket& bucket : group) {
      const absl::StatusOr<int64_t> interval = IntervalOf(bucket.limit);
      if (!interval.ok()) co_return interval.status();
      // A bucket that a clock ahead has emptied lacks more than it holds.
      arguments.push_back(fill ? "1e18" : absl::StrCat(*interval));
    }
    AddTime(clock_, arguments);
    if (!group.empty()) calls.emplace_back(kGiveBackScript, NamesOf(group), std::move(arguments));
  }
  if (calls.empty()) co_return absl::InvalidArgumentError("no bucket is named");
  const Replies replies = co_await SendAll(client_, std::move(calls));
  for (const absl::StatusOr<Reply>& reply : replies) {
    if (!reply.ok()) co_return absl::UnavailableError(reply.status().message());
  }
  co_return absl::OkStatus();
}

absl::StatusOr<Call> Buckets::AcquireAndGet(const std::vector<Bucket>& buckets, std::string record) const {
  absl::StatusOr<Call> call = AcquireCall(buckets, Mode::kTake);
  if (call.ok()) call->AddKey(std::move(record));
  return call;
}

}  // namespace twofold::redis
