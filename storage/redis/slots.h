#ifndef TWOFOLD_STORAGE_REDIS_SLOTS_H_
#define TWOFOLD_STORAGE_REDIS_SLOTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/redis/endpoint.h"
#include "storage/redis/reply.h"

namespace twofold::redis {

// Redis Cluster specification, "Key distribution model".
inline constexpr int kSlots = 16384;

// The slot of a key: CRC16 of what stands in its first pair of braces, or of all of it.
int SlotOf(absl::string_view key);

// Which master serves which slot. Without Cluster the one master serves all.
class Topology {
 public:
  Topology() = default;
  static Topology OneMaster(Endpoint master);

  // nullopt when nobody serves the key's slot.
  std::optional<Endpoint> MasterOf(absl::string_view key) const;
  // In a fixed order.
  const std::vector<Endpoint>& masters() const { return masters_; }
  // Different whenever slots or masters are.
  uint64_t Fingerprint() const;

  friend bool operator==(const Topology& a, const Topology& b) {
    return a.masters_ == b.masters_ && a.master_of_slot_ == b.master_of_slot_;
  }

 private:
  friend absl::StatusOr<Topology> ParseSlots(const Reply& reply, const Endpoint& asked);

  std::vector<Endpoint> masters_;
  // An index of masters_ for each slot, or kNobody; empty: masters_ has one element for all.
  std::vector<uint16_t> master_of_slot_;
};

// The reply to CLUSTER SLOTS from the node `asked`. INVALID_ARGUMENT when it is none.
absl::StatusOr<Topology> ParseSlots(const Reply& reply, const Endpoint& asked);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_SLOTS_H_
