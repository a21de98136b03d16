#include "server/engine/subject_turns.h"

#include <chrono>

#include "absl/hash/hash.h"
#include "server/errors.h"

namespace twofold {

Task<absl::StatusOr<SubjectTurns::Turn>> SubjectTurns::Take(absl::string_view subject_key) {
  const uint64_t subject = absl::Hash<absl::string_view>()(subject_key);
  if (TryTake(subject)) {
    Turn turn(*this, subject, /*waited=*/false);
    co_return std::move(turn);
  }
  const TaskRun& run = co_await CurrentRun();
  const CancellationToken* const token = run.token();
  const bool mine = co_await Await<bool>([this, subject, token](Completion<bool> done) {
    Wait(subject, Waiter{std::move(done), token});
  });
  if (!mine) co_return OverloadedError();
  Turn turn(*this, subject, /*waited=*/true);
  co_return std::move(turn);
}

bool SubjectTurns::TryTake(uint64_t subject) {
  Stripe& stripe = StripeOf(subject);
  absl::MutexLock lock(&stripe.mutex);
  return stripe.taken.try_emplace(subject).second;
}

void SubjectTurns::Wait(uint64_t subject, Waiter waiter) {
  Waiters expired;
  bool mine = false;
  {
    Stripe& stripe = StripeOf(subject);
    absl::MutexLock lock(&stripe.mutex);
    const auto [entry, is_free] = stripe.taken.try_emplace(subject);
    Waiters& waiting = entry->second;
    if (waiting.size() >= kMaxWaiting) TakeOutExpired(waiting, expired);
    mine = is_free;
    if (!mine && waiting.size() < kMaxWaiting) waiting.push_back(std::move(waiter));
  }
  // Outside of the lock: a completion may wake a thread.
  for (Waiter& left : expired) std::move(left.done)(false);
  if (waiter.done) std::move(waiter.done)(mine);
}

void SubjectTurns::PassOn(uint64_t subject) {
  Waiters expired;
  Waiters next;
  {
    Stripe& stripe = StripeOf(subject);
    absl::MutexLock lock(&stripe.mutex);
    const auto entry = stripe.taken.find(subject);
    Waiters& waiting = entry->second;
    TakeOutExpired(waiting, expired);
    if (waiting.empty()) {
      stripe.taken.erase(entry);
    } else {
      next.splice(next.begin(), waiting, waiting.begin());
    }
  }
  for (Waiter& left : expired) std::move(left.done)(false);
  for (Waiter& first : next) std::move(first.done)(true);
}

void SubjectTurns::TakeOutExpired(Waiters& waiting, Waiters& expired) {
  const CancellationToken::TimePoint now = std::chrono::steady_clock::now();
  for (auto waiter = waiting.begin(); waiter != waiting.end();) {
    const auto here = waiter++;
    const bool lasts = here->token == nullptr || here->token->Lasts(now);
    if (!lasts) expired.splice(expired.end(), waiting, here);
  }
}

}  // namespace twofold
