#include "bench/server/seed.h"

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "asio/io_context.hpp"
#include "bench/subjects.h"
#include "common/async.h"
#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/otp.h"
#include "crypto/system_random.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/methods/otp/totp.h"
#include "server/methods/sealed.h"
#include "server/methods/subject.h"
#include "server/rules/record.h"

namespace twofold::bench {
namespace {

constexpr int kThreads = 2;
// The number of writes of a thread at the same time. It is enough for a backend to batch them, and
// below the bounds of its queue.
constexpr int kAtOnce = 500;
constexpr int kTries = 100;
constexpr absl::Duration kPause = absl::Milliseconds(50);
constexpr int kBackupCodes = 10;
constexpr size_t kBackupHashSize = 16;
constexpr size_t kMethodIdSize = 16;

// No secret depends on this generator. The kernel's would cost as much as the rest.
class FastRandom final : public Random {
 public:
  explicit FastRandom(uint64_t seed) : state_(seed) {}

  void Fill(absl::Span<uint8_t> out) override {
    while (!out.empty()) {
      const uint64_t word = Scramble(state_++);
      const size_t size = std::min(out.size(), sizeof(word));
      std::memcpy(out.data(), &word, size);
      out.remove_prefix(size);
    }
  }

 private:
  uint64_t state_;
};

class Seeder {
 public:
  Seeder(Storage& storage, const KeyRing& ring, int64_t subjects, UnixMillis now)
      : storage_(storage), ring_(ring), subjects_(subjects), now_(now) {}

  absl::Status Run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([this] {
        asio::io_context context;
        for (int flow = 0; flow < kAtOnce; ++flow) {
          Spawn(context.get_executor(), in_flight_, Write(),
                [this](absl::StatusOr<bool> done) { Note(done.status()); });
        }
        context.run();
      });
    }
    for (std::thread& thread : threads) thread.join();
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  Task<absl::StatusOr<bool>> Write() {
    for (int64_t subject = next_++; subject < subjects_; subject = next_++) {
      internal::v1::SubjectRecord record = MakeRecord(ring_, subject, now_);
      std::string bytes = SerializeRecord(record);
      std::string key = SubjectKey(kTenant, UserId(subject));
      auto put = Put(std::move(key), std::move(bytes));
      const absl::Status written = co_await std::move(put);
      if (!written.ok()) {
        next_ = subjects_;
        co_return written;
      }
    }
    co_return true;
  }

  // Retries, because a store that is busy with syncing may refuse for a moment.
  Task<absl::Status> Put(std::string key, std::string bytes) {
    const TaskRun& run = co_await CurrentRun();
    absl::Status written;
    bool maybe_written = false;
    for (int tries = 0; tries < kTries; ++tries) {
      auto put = storage_.Put(key, bytes, kAbsent, RandomNonZero(SystemRandom()));
      written = co_await std::move(put);
      if (absl::IsAborted(written) && maybe_written) co_return absl::OkStatus();
      maybe_written = maybe_written || absl::IsUnknown(written);
      if (!absl::IsUnavailable(written) && !absl::IsUnknown(written)) break;
      co_await Sleep(run.executor(), kPause);
    }
    co_return written;
  }

  void Note(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    status_.Update(status);
  }

  Storage& storage_;
  const KeyRing& ring_;
  const int64_t subjects_;
  const UnixMillis now_;
  InFlight in_flight_;
  std::atomic<int64_t> next_{0};
  absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

internal::v1::SubjectRecord MakeRecord(const KeyRing& ring, int64_t subject, UnixMillis now) {
  FastRandom random(Scramble(static_cast<uint64_t>(subject) ^ 0x5eed));
  const Subject name(kTenant, UserId(subject));
  const UnixMillis created = now - 30 * kMillisPerDay;
  const WorkResults none;
  const MethodContext context{ring, random, name, created, none};
  internal::v1::SubjectRecord record;
  internal::v1::Method& method = *record.add_methods();
  method.set_method_id(Base32EncodeLower(AsBytes(RandomBytes(random, kMethodIdSize))));
  method.set_type(v1::METHOD_TYPE_TOTP);
  method.set_state(v1::METHOD_STATE_ACTIVE);
  method.set_create_time(created);
  method.set_confirm_time(created + kMillisPerSecond);
  method.set_last_used_time(now - kMillisPerDay);
  internal::v1::OtpUse& otp = *method.mutable_otp();
  otp.set_algorithm(v1::ALGORITHM_SHA1);
  otp.set_digits(6);
  otp.set_period_seconds(kPeriodSeconds);
  otp.set_issuer("Twofold");
  otp.set_account_name(name.user);
  otp.set_next_counter(TimeStep(now - kMillisPerDay, kPeriodSeconds));
  SealSecret(context, *NewTotp("Twofold"), SecretOf(subject), method);

  internal::v1::BackupCodeHashes hashes;
  hashes.set_algorithm(internal::v1::BackupCodeHashes::ALGORITHM_PBKDF2_SHA256);
  hashes.set_iterations(kBackupHashIterations);
  hashes.set_salt(RandomBytes(random, kBackupHashSize));
  hashes.set_hashes(RandomBytes(random, kBackupCodes * kBackupHashSize));
  *record.add_methods() = NewBackupCodeSet(context, hashes);
  return record;
}

absl::Status Seed(Storage& storage, const KeyRing& ring, int64_t subjects, UnixMillis now) {
  return Seeder(storage, ring, subjects, now).Run();
}

}  // namespace twofold::bench
