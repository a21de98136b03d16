#include "storage/redis/slot_marks.h"

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

// Written one after the other; so many of these go side by side as there are.
constexpr int kSlotsAtATime = 64;
// Nobody looks at it.
constexpr Version kMarkVersion = 1;

std::string MarkOfTag(int tag) { return absl::StrCat("tf1:s:{", tag, "}"); }

// For each slot a number that hashes to it.
using Tags = std::array<int, kSlots>;

const Tags& TagOfSlot() {
  static const auto* const tags = [] {
    auto* const found = new Tags();
    found->fill(-1);
    int missing = kSlots;
    for (int tag = 0; missing > 0; ++tag) {
      int& place = (*found)[static_cast<size_t>(SlotOf(MarkOfTag(tag)))];
      if (place >= 0) continue;
      place = tag;
      --missing;
    }
    return found;
  }();
  return *tags;
}

std::string MarkOfSlot(int slot) { return MarkOfTag(TagOfSlot()[static_cast<size_t>(slot)]); }

Task<absl::Status> WriteMark(Client& client, int slot) {
  std::vector<std::string> arguments;
  arguments.push_back(VersionBytes(kAbsent));
  arguments.push_back(VersionBytes(kMarkVersion));
  Call call(kPutScript, MarkOfSlot(slot), std::move(arguments));
  const absl::StatusOr<Reply> reply = co_await client.Send(std::move(call));
  // Whether it was there before does not matter.
  co_return reply.status();
}

// Of the slots from `first` up to `end`, but for `last`.
Task<absl::Status> WriteMarks(Client& client, int first, int end, int last) {
  if (end - first > kSlotsAtATime) {
    const int middle = first + (end - first) / 2;
    auto [low, high] =
        co_await WhenAll(WriteMarks(client, first, middle, last), WriteMarks(client, middle, end, last));
    co_return low.ok() ? std::move(high) : std::move(low);
  }
  for (int slot = first; slot < end; ++slot) {
    if (slot == last) continue;
    absl::Status written = co_await WriteMark(client, slot);
    if (!written.ok()) co_return written;
  }
  co_return absl::OkStatus();
}

}  // namespace

std::string SlotMarkBeside(absl::string_view name) { return MarkOfSlot(SlotOf(name)); }

Task<absl::StatusOr<bool>> HasSlotMark(Client& client, absl::string_view name) {
  Call call("GET", SlotMarkBeside(name));
  const absl::StatusOr<Reply> reply = co_await client.Send(std::move(call));
  if (!reply.ok()) co_return reply.status();
  co_return reply->type != Reply::Type::kNil;
}

Task<absl::Status> WriteSlotMarks(Client& client, std::string name) {
  const absl::StatusOr<bool> marked = co_await HasSlotMark(client, name);
  if (!marked.ok() || *marked) co_return marked.status();
  const int last = SlotOf(name);
  absl::Status others = co_await WriteMarks(client, 0, kSlots, last);
  if (!others.ok()) co_return others;
  absl::Status done = co_await WriteMark(client, last);
  co_return done;
}

}  // namespace twofold::redis
