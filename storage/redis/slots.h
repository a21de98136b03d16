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

// The slot of a key: the CRC16 of the text in its first pair of braces, or of the whole key.
int SlotOf(absl::string_view key);

// The master of each slot. Without Cluster one master serves all slots.
class Topology {
 public:
  Topology() = default;
  static Topology OneMaster(Endpoint master);

  // nullopt: no master serves the key's slot.
  std::optional<Endpoint> MasterOf(absl::string_view key) const;
  // In a fixed order.
  const std::vector<Endpoint>& masters() const { return masters_; }
  // Differs between topologies whose slots or masters differ.
  uint64_t Fingerprint() const;

  friend bool operator==(const Topology& a, const Topology& b) {
    return a.masters_ == b.masters_ && a.master_of_slot_ == b.master_of_slot_;
  }

 private:
  friend absl::StatusOr<Topology> ParseSlots(const Reply& reply, const Endpoint& asked);

  std::vector<Endpoint> masters_;
  // For each slot an index of masters_, or kNobody. Empty: masters_ has one element that serves all
  // slots.
  std::vector<uint16_t> master_of_slot_;
};

// Parses the reply to CLUSTER SLOTS from the node `asked`. INVALID_ARGUMENT: it is not such a
// reply.
absl::StatusOr<Topology> ParseSlots(const Reply& reply, const Endpoint& asked);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_SLOTS_H_
