#include "storage/redis/homes.h"

#include <map>
#include <memory>

#include "asio/execution.hpp"
#include "asio/execution_context.hpp"
#include "asio/query.hpp"
#include "common/sleeping_loop.h"

namespace twofold::redis {
namespace {

// All homes of one context.
class Homes final : public asio::execution_context::service {
 public:
  static inline asio::execution_context::id id;

  explicit Homes(asio::execution_context& context) : asio::execution_context::service(context) {}

  std::map<uint64_t, std::unique_ptr<Home>> by_client;

 private:
  void shutdown() override { by_client.clear(); }
};

}  // namespace

Home* HomeHere(const asio::any_io_executor& executor, uint64_t client, const ChannelOptions& options) {
  asio::execution_context& context = asio::query(executor, asio::execution::context);
  if (SleepingLoop::Of(context) == nullptr) return nullptr;
  std::unique_ptr<Home>& home = asio::use_service<Homes>(context).by_client[client];
  if (home == nullptr) {
    // Only io_contexts are given that service.
    auto& io = static_cast<asio::io_context&>(context);
    home = std::make_unique<Home>(io, options, Home::Callers::kThisThread);
  }
  return home.get();
}

}  // namespace twofold::redis
