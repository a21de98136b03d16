#include "storage/redis/home.h"

#include <algorithm>
#include <utility>

#include "asio.hpp"

namespace twofold::redis {

Home::Home(asio::io_context& context, ChannelOptions options, Callers callers)
    : context_(context), options_(std::move(options)), callers_(callers) {}

Home::~Home() { KeepOnly({}); }

void Home::Submit(Item item) {
  if (callers_ == Callers::kThisThread) return SubmitHere(std::move(item));
  {
    absl::MutexLock lock(&mutex_);
    inbox_.push_back(std::move(item));
    // Whoever put the first one in has posted.
    if (inbox_.size() > 1) return;
  }
  asio::post(context_, [this] { Drain(); });
}

void Home::Drain() {
  std::vector<Item> items;
  {
    absl::MutexLock lock(&mutex_);
    items.swap(inbox_);
  }
  for (Item& item : items) SubmitHere(std::move(item));
}

void Home::SubmitHere(Item item) {
  const auto channels = channels_.try_emplace(item.endpoint, context_, item.endpoint, options_).first;
  channels->second.Submit(std::move(item.request), std::move(item.done));
}

void Home::KeepMasters(const std::shared_ptr<const Topology>& topology) {
  if (kept_ == topology) return;
  kept_ = topology;
  KeepOnly(topology->masters());
}

void Home::KeepOnly(const std::vector<Endpoint>& endpoints) {
  for (auto it = channels_.begin(); it != channels_.end();) {
    if (std::find(endpoints.begin(), endpoints.end(), it->first) != endpoints.end()) {
      ++it;
      continue;
    }
    it = channels_.erase(it);
  }
}

}  // namespace twofold::redis
