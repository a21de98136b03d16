#ifndef TWOFOLD_TESTS_HARNESS_CBOR_H_
#define TWOFOLD_TESTS_HARNESS_CBOR_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Writes CBOR (RFC 8949) in its shortest form.

namespace twofold {

// The head of an item: its major type, and a length or a number.
inline std::string CborHead(unsigned major, uint64_t argument) {
  const auto first = [major](unsigned info) { return static_cast<char>(major << 5 | info); };
  if (argument < 24) return std::string(1, first(static_cast<unsigned>(argument)));
  unsigned log = 0;
  while (log < 3 && argument >> (8U << log) != 0) ++log;
  std::string head(1, first(24 + log));
  for (int shift = 8 << log; shift > 0; shift -= 8) head += static_cast<char>(argument >> (shift - 8));
  return head;
}

inline std::string CborInteger(int64_t value) {
  return value >= 0 ? CborHead(0, static_cast<uint64_t>(value))
                    : CborHead(1, static_cast<uint64_t>(-1 - value));
}

inline std::string CborBytes(absl::string_view bytes) {
  return absl::StrCat(CborHead(2, bytes.size()), bytes);
}

inline std::string CborText(absl::string_view text) { return absl::StrCat(CborHead(3, text.size()), text); }

inline std::string CborArray(const std::vector<std::string>& items) {
  std::string array = CborHead(4, items.size());
  for (const std::string& item : items) array += item;
  return array;
}

// The keys and the values are encoded items, in the order in which they are written.
using CborPairs = std::vector<std::pair<std::string, std::string>>;

inline std::string CborMap(const CborPairs& pairs) {
  std::string map = CborHead(5, pairs.size());
  for (const auto& [key, value] : pairs) map += key + value;
  return map;
}

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_CBOR_H_
