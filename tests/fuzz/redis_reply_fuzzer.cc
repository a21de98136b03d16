// What a server, or somebody in its place, sends. Cutting the bytes elsewhere changes nothing, and whatever
// the replies mean is read without harm.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "storage/redis/record_format.h"
#include "storage/redis/reply.h"
#include "storage/redis/reply_error.h"
#include "storage/redis/server_facts.h"
#include "storage/redis/slots.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using twofold::redis::Reply;

std::string Text(const Reply& reply) {
  std::string text =
      std::to_string(static_cast<int>(reply.type)) + std::to_string(reply.integer) + reply.text + "(";
  for (const Reply& element : reply.elements) text += Text(element);
  return text + ")";
}

// The replies, and at the end whether the stream broke.
std::vector<Reply> Read(const std::string& bytes, size_t piece, bool& broke) {
  twofold::redis::ReplyReader reader;
  std::vector<Reply> replies;
  broke = false;
  for (size_t at = 0; at < bytes.size() && !broke; at += piece) {
    broke = !reader.Feed(absl::string_view(bytes).substr(at, piece)).ok();
    while (!broke) {
      absl::StatusOr<std::optional<Reply>> next = reader.Next();
      broke = !next.ok();
      if (broke || !next->has_value()) break;
      replies.push_back(**std::move(next));
    }
  }
  return replies;
}

void Run(const uint8_t* data, size_t size) {
  if (size == 0) return;
  const std::string bytes(data + 1, data + size);
  bool whole_broke = false;
  bool pieces_broke = false;
  const std::vector<Reply> whole = Read(bytes, bytes.size() + 1, whole_broke);
  const std::vector<Reply> pieces = Read(bytes, 1 + data[0] % 16, pieces_broke);
  if (whole.size() != pieces.size() || whole_broke != pieces_broke) std::abort();
  twofold::redis::Endpoint asked;
  for (size_t i = 0; i < whole.size(); ++i) {
    if (Text(whole[i]) != Text(pieces[i])) std::abort();
    const absl::StatusOr<twofold::redis::Topology> topology = twofold::redis::ParseSlots(whole[i], asked);
    for (int key = 0; topology.ok() && key < 16; ++key) topology->MasterOf(std::to_string(key));
    const auto record = twofold::redis::ReadRecord(whole[i].text);
    if (record.ok() && twofold::redis::VersionBytes(record->version) + record->bytes != whole[i].text) {
      std::abort();
    }
    if (twofold::redis::StatusOf(whole[i].text).ok()) std::abort();
    twofold::redis::RedirectOf(whole[i].text, asked);
    twofold::redis::CheckFit(twofold::redis::ReadFacts(whole[i].text, whole[i])).IgnoreError();
  }
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("redis_reply", &Run);

}  // namespace
