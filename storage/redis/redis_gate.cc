#include "storage/redis/redis_gate.h"

#include <string>
#include <utility>
#include <vector>

#include "storage/arguments.h"
#include "storage/keys.h"
#include "storage/redis/bucket.h"
#include "storage/redis/record_format.h"

namespace twofold::redis {
namespace {

class RedisGate final : public AttemptGate {
 public:
  RedisGate(std::shared_ptr<Client> client, const Clock* clock)
      : client_(std::move(client)), buckets_(*client_, /*has_slots=*/false, clock) {}

  Task<absl::StatusOr<GatedRead>> AcquireAndGet(std::vector<Bucket> buckets, std::string key) override {
    const absl::Status valid = CheckKey(key);
    if (!valid.ok()) co_return valid;
    absl::StatusOr<Call> call = buckets_.AcquireAndGet(buckets, FlatName(key));
    if (!call.ok()) co_return call.status();
    const absl::StatusOr<Reply> reply = co_await client_->Send(*std::move(call));
    if (!reply.ok()) co_return absl::UnavailableError(reply.status().message());
    GatedRead read;
    if (reply->type == Reply::Type::kNil || reply->type == Reply::Type::kString) {
      read.acquired.allowed = true;
      read.record = RecordIn(*reply);
      co_return read;
    }
    const absl::StatusOr<AcquireResult> refused = ReadAcquireResult(*reply);
    if (!refused.ok()) co_return refused.status();
    read.acquired = *refused;
    co_return read;
  }

 private:
  const std::shared_ptr<Client> client_;
  const Buckets buckets_;
};

}  // namespace

std::unique_ptr<AttemptGate> NewRedisGate(std::shared_ptr<Client> client, const Clock* clock) {
  return std::make_unique<RedisGate>(std::move(client), clock);
}

}  // namespace twofold::redis
