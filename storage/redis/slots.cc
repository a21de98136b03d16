#include "storage/redis/slots.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace twofold::redis {
namespace {

constexpr uint16_t kNobody = UINT16_MAX;

// What a byte makes of the sum.
constexpr std::array<uint16_t, 256> CrcTable() {
  std::array<uint16_t, 256> table{};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    table[byte] = static_cast<uint16_t>(crc);
  }
  return table;
}

// CRC-16/XMODEM, as the Cluster specification's appendix A defines it.
uint16_t Crc16(absl::string_view bytes) {
  static constexpr std::array<uint16_t, 256> kTable = CrcTable();
  uint16_t crc = 0;
  for (const char byte : bytes) {
    crc = static_cast<uint16_t>(crc << 8 ^ kTable[(crc >> 8 ^ static_cast<unsigned char>(byte)) & 0xff]);
  }
  return crc;
}

// One element of CLUSTER SLOTS: first slot, last slot, master, replicas.
struct SlotRange {
  int first = 0;
  int last = 0;
  Endpoint master;
};

std::optional<SlotRange> ParseRange(const Reply& reply, const Endpoint& asked) {
  if (reply.elements.size() < 3 || reply.elements[2].elements.size() < 2) return std::nullopt;
  const Reply& host = reply.elements[2].elements[0];
  const Reply& port = reply.elements[2].elements[1];
  const int64_t first = reply.elements[0].integer;
  const int64_t last = reply.elements[1].integer;
  const bool numbers = reply.elements[0].type == Reply::Type::kInteger &&
                       reply.elements[1].type == Reply::Type::kInteger && port.type == Reply::Type::kInteger;
  if (!numbers || first < 0 || last < first || last >= kSlots || port.integer < 1 ||
      port.integer > UINT16_MAX) {
    return std::nullopt;
  }
  SlotRange range;
  range.first = static_cast<int>(first);
  range.last = static_cast<int>(last);
  // A node that does not know how it is reached leaves its address out: it is the one that was
  // asked.
  range.master.host = host.is_text() && !host.text.empty() ? host.text : asked.host;
  range.master.port = static_cast<uint16_t>(port.integer);
  return range;
}

}  // namespace

int SlotOf(absl::string_view key) {
  const size_t open = key.find('{');
  if (open != absl::string_view::npos) {
    const size_t close = key.find('}', open + 1);
    if (close != absl::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  return Crc16(key) % kSlots;
}

Topology Topology::OneMaster(Endpoint master) {
  Topology topology;
  topology.masters_.push_back(std::move(master));
  return topology;
}

std::optional<Endpoint> Topology::MasterOf(absl::string_view key) const {
  if (masters_.empty()) return std::nullopt;
  if (master_of_slot_.empty()) return masters_.front();
  const uint16_t master = master_of_slot_[static_cast<size_t>(SlotOf(key))];
  if (master == kNobody) return std::nullopt;
  return masters_[master];
}

uint64_t Topology::Fingerprint() const {
  std::string text;
  for (const Endpoint& master : masters_) text += master.ToString() + "\n";
  for (const uint16_t master : master_of_slot_) {
    text.push_back(static_cast<char>(master >> 8));
    text.push_back(static_cast<char>(master & 0xff));
  }
  // FNV-1a: cursors hold it, so it is the same in every process.
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

absl::StatusOr<Topology> ParseSlots(const Reply& reply, const Endpoint& asked) {
  std::vector<SlotRange> ranges;
  std::map<Endpoint, uint16_t> index;
  for (const Reply& element : reply.elements) {
    const std::optional<SlotRange> range = ParseRange(element, asked);
    if (!range.has_value())
      return absl::InvalidArgumentError("CLUSTER SLOTS was answered with something else");
    ranges.push_back(*range);
    index.emplace(range->master, 0);
  }
  Topology topology;
  for (auto& [master, number] : index) {
    number = static_cast<uint16_t>(topology.masters_.size());
    topology.masters_.push_back(master);
  }
  topology.master_of_slot_.assign(kSlots, kNobody);
  for (const SlotRange& range : ranges) {
    std::fill(topology.master_of_slot_.begin() + range.first,
              topology.master_of_slot_.begin() + range.last + 1, index[range.master]);
  }
  return topology;
}

}  // namespace twofold::redis
