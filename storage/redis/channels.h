#ifndef TWOFOLD_STORAGE_REDIS_CHANNELS_H_
#define TWOFOLD_STORAGE_REDIS_CHANNELS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "asio/io_context.hpp"
#include "common/async.h"
#include "storage/redis/channel.h"
#include "storage/redis/endpoint.h"
#include "storage/redis/reply.h"

namespace twofold::redis {

// The connections of one thread to one server. However much has arrived, Redis reads some 20 KB of each
// connection before it syncs its log, and works on that; so a load that is more is spread over several, and
// shares a sync all the same. A load that is less stays on one, and shares packets.
//
// Everything happens on the thread of the io_context.
class Channels {
 public:
  Channels(asio::io_context& context, Endpoint endpoint, ChannelOptions options);
  // Closes them.
  ~Channels();
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

  // As Channel::Submit.
  void Submit(Request request, Completion<absl::StatusOr<Reply>> done);

  size_t size() const { return channels_.size(); }

 private:
  Channel& Choose();

  asio::io_context& context_;
  const Endpoint endpoint_;
  const ChannelOptions options_;
  // The first one is there from the beginning.
  std::vector<std::shared_ptr<Channel>> channels_;
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_CHANNELS_H_
