#include "storage/redis/slot_sentinels.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "storage/redis/record_format.h"
#include "storage/redis/scripts.h"
#include "storage/redis/slots.h"

namespace twofold::redis {
namespace {

// Slots that one task writes, one after the other. All of these tasks run at the same time.
constexpr int kSlotsAtATime = 64;
// The version of a sentinel has no meaning.
constexpr Version kSentinelVersion = 1;

std::string SentinelOfTag(int tag) { return absl::StrCat("tf1:s:{", tag, "}"); }

// For each slot a number whose sentinel has that slot.
using Tags = std::array<int, kSlots>;

const Tags& TagOfSlot() {
  static const auto* const tags = [] {
    auto* const found = new Tags();
    found->fill(-1);
    int missing = kSlots;
    for (int tag = 0; missing > 0; ++tag) {
      int& place = (*found)[static_cast<size_t>(SlotOf(SentinelOfTag(tag)))];
      if (place >= 0) continue;
      place = tag;
      --missing;
    }
    return found;
  }();
  return *tags;
}

std::string SentinelOfSlot(int slot) { return SentinelOfTag(TagOfSlot()[static_cast<size_t>(slot)]); }

Task<absl::Status> WriteSentinel(Client& client, int slot) {
  std::vector<std::string> arguments;
  arguments.push_back(VersionBytes(kAbsent));
  arguments.push_back(VersionBytes(kSentinelVersion));
  Call call(kPutScript, SentinelOfSlot(slot), std::move(arguments));
  const absl::StatusOr<Reply> reply = co_await client.Send(std::move(call));
  // It does not matter whether it was there before.
  co_return reply.status();
}

// Writes the sentinels of the slots from `first` up to `end`, except for `last`.
Task<absl::Status> WriteSentinels(Client& client, int first, int end, int last) {
  if (end - first > kSlotsAtATime) {
    const int middle = first + (end - first) / 2;
    auto [low, high] = co_await WhenAll(WriteSentinels(client, first, middle, last),
                                        WriteSentinels(client, middle, end, last));
    co_return low.ok() ? std::move(high) : std::move(low);
  }
  for (int slot = first; slot < end; ++slot) {
    if (slot == last) continue;
    absl::Status written = co_await WriteSentinel(client, slot);
    if (!written.ok()) co_return written;
  }
  co_return absl::OkStatus();
}

}  // namespace

std::string SlotSentinelBeside(absl::string_view name) { return SentinelOfSlot(SlotOf(name)); }

Task<absl::StatusOr<bool>> HasSlotSentinel(Client& client, absl::string_view name) {
  Call call("GET", SlotSentinelBeside(name));
  const absl::StatusOr<Reply> reply = co_await client.Send(std::move(call));
  if (!reply.ok()) co_return reply.status();
  co_return reply->type != Reply::Type::kNil;
}

Task<absl::Status> WriteSlotSentinels(Client& client, std::string name) {
  const absl::StatusOr<bool> has_sentinel = co_await HasSlotSentinel(client, name);
  if (!has_sentinel.ok() || *has_sentinel) co_return has_sentinel.status();
  const int last = SlotOf(name);
  absl::Status others = co_await WriteSentinels(client, 0, kSlots, last);
  if (!others.ok()) co_return others;
  absl::Status done = co_await WriteSentinel(client, last);
  co_return done;
}

}  // namespace twofold::redis
