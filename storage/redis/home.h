#ifndef TWOFOLD_STORAGE_REDIS_HOME_H_
#define TWOFOLD_STORAGE_REDIS_HOME_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "asio/io_context.hpp"
#include "common/async.h"
#include "storage/redis/channel.h"
#include "storage/redis/channels.h"
#include "storage/redis/endpoint.h"
#include "storage/redis/reply.h"
#include "storage/redis/slots.h"

namespace twofold::redis {

// The connections that live on one thread, to each server that was asked for. Outlives the requests sent
// through it.
class Home {
 public:
  enum class Callers {
    kThisThread,  // Send is called on the thread that runs the context.
    kAnyThread,
  };

  Home(asio::io_context& context, ChannelOptions options, Callers callers);
  ~Home();
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  // As Channel::Submit.
  auto Send(Endpoint endpoint, Request request) {
    return Await<absl::StatusOr<Reply>>(
        [this, endpoint = std::move(endpoint), request = std::move(request)](auto done) mutable {
          Submit({std::move(endpoint), std::move(request), std::move(done)});
        });
  }

  // Closes all connections but those to masters of `topology`, unless that was done before. On the context's
  // thread.
  void KeepMasters(const std::shared_ptr<const Topology>& topology);

 private:
  struct Item {
    Endpoint endpoint;
    Request request;
    Completion<absl::StatusOr<Reply>> done;
  };

  void Submit(Item item);
  void Drain();
  void SubmitHere(Item item);
  void KeepOnly(const std::vector<Endpoint>& endpoints);

  asio::io_context& context_;
  const ChannelOptions options_;
  const Callers callers_;
  std::map<Endpoint, Channels> channels_;
  std::shared_ptr<const Topology> kept_;
  absl::Mutex mutex_;
  std::vector<Item> inbox_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_HOME_H_
