#include "storage/redis/channels.h"

#include <utility>

namespace twofold::redis {
namespace {

// Less than what Redis reads of a connection at once (PROTO_IOBUF_LEN in its server.h, and what its allocator
// adds).
constexpr size_t kFullAt = size_t{16} << 10;

}  // namespace

Channels::Channels(asio::io_context& context, Endpoint endpoint, ChannelOptions options)
    : context_(context),
      endpoint_(std::move(endpoint)),
      options_(std::move(options)),
      channels_{Channel::Open(context_, endpoint_, options_)} {}

Channels::~Channels() {
  for (const std::shared_ptr<Channel>& channel : channels_) channel->Close();
}

void Channels::Submit(Request request, Completion<absl::StatusOr<Reply>> done) {
  Choose().Submit(std::move(request), std::move(done));
}

// The first one that is up and not full. Where all are full another one is opened, for later: nothing waits
// for it to be up.
Channel& Channels::Choose() {
  Channel* emptiest = nullptr;
  bool all_up = true;
  for (const std::shared_ptr<Channel>& channel : channels_) {
    if (!channel->up()) {
      all_up = false;
      continue;
    }
    if (channel->unanswered_bytes() < kFullAt) return *channel;
    if (emptiest == nullptr || channel->unanswered_bytes() < emptiest->unanswered_bytes()) {
      emptiest = channel.get();
    }
  }
  const size_t most = options_.min_replicas == 0 ? options_.max_connections : 1;
  if (all_up && channels_.size() < most) {
    channels_.push_back(Channel::Open(context_, endpoint_, options_));
  }
  return emptiest == nullptr ? *channels_.front() : *emptiest;
}

}  // namespace twofold::redis
