#include "bench/load/workload.h"

#include <array>
#include <string_view>
#include <utility>

#include "bench/subjects.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold::bench {
namespace {

constexpr int64_t kStepMs = int64_t{kPeriodSeconds} * 1000;
// The codes of earlier steps may be used.
constexpr int kStepsAhead = 4;

constexpr std::array<std::pair<std::string_view, Mode>, 7> kModes = {{
    {"bare", Mode::kBare},
    {"store", Mode::kStore},
    {"verify", Mode::kVerify},
    {"address", Mode::kVerifyWithAddress},
    {"request_id", Mode::kVerifyWithRequestId},
    {"wrong", Mode::kWrong},
    {"replay", Mode::kReplay},
}};

grpc::ByteBuffer BytesOf(const v1::VerifyRequest& request) {
  const grpc::Slice slice(request.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

v1::VerifyRequest RequestOf(int64_t subject, std::string code) {
  v1::VerifyRequest request;
  request.set_tenant(kTenant);
  request.set_user_id(UserId(subject));
  request.set_code(std::move(code));
  return request;
}

// Returns the address of one of a million end users.
std::string AddressOf(int64_t subject) {
  const uint64_t bits = Scramble(static_cast<uint64_t>(subject));
  return "10." + std::to_string(bits & 0xff) + "." + std::to_string(bits >> 8 & 0xff) + "." +
         std::to_string(bits >> 16 & 0xff);
}

}  // namespace

std::optional<Mode> ModeOf(const std::string& name) {
  for (const auto& [known, mode] : kModes) {
    if (known == name) return mode;
  }
  return std::nullopt;
}

grpc::ByteBuffer VerifyBytes(int64_t subject, std::string code) {
  return BytesOf(RequestOf(subject, std::move(code)));
}

Workload::Workload(Target& target, int64_t subjects) : subjects_(subjects) {
  const nlohmann::json answer = target.Control("advance " + std::to_string(kStepsAhead * kStepMs));
  first_step_ = answer.at("now_ms").get<int64_t>() / kStepMs;
}

Workload::Call Workload::MakeReplay() {
  Call call;
  call.rpc = Rpc::kVerify;
  const int64_t step = first_step_ + made_ / subjects_ - 1;
  int64_t subject = 0;
  do {
    subject = Permuted(replayed_++ % subjects_, subjects_);
  } while (IsAmbiguous(subject, step));
  call.request = VerifyBytes(subject, CodeOf(subject, step));
  return call;
}

Workload::Call Workload::Make(Mode mode) {
  if (mode == Mode::kReplay) return MakeReplay();
  Call call;
  if (mode == Mode::kBare || mode == Mode::kStore) {
    if (mode == Mode::kStore) call.rpc = Rpc::kStore;
    call.request = VerifyBytes(0, "123456");
    return call;
  }
  call.rpc = Rpc::kVerify;
  int64_t subject = 0;
  int64_t step = 0;
  do {
    call.position = made_++;
    subject = Permuted(call.position % subjects_, subjects_);
    step = first_step_ + call.position / subjects_;
  } while (IsAmbiguous(subject, step));
  v1::VerifyRequest request =
      RequestOf(subject, mode == Mode::kWrong ? WrongCodeOf(subject, step) : CodeOf(subject, step));
  if (mode == Mode::kVerifyWithAddress) request.set_client_address(AddressOf(subject));
  if (mode == Mode::kVerifyWithRequestId) request.set_request_id(UserId(made_));
  call.request = BytesOf(request);
  return call;
}

void Workload::Prepare(Mode mode, int64_t count) {
  while (static_cast<int64_t>(prepared_.size()) < count) prepared_.push_back(Make(mode));
}

int64_t Workload::PrepareRestOfPass() {
  const int64_t end = (made_ + subjects_ - 1) / subjects_ * subjects_;
  while (made_ < end) prepared_.push_back(Make(Mode::kVerify));
  // The last user of the pass may have been left out.
  if (!prepared_.empty() && prepared_.back().position >= end) prepared_.pop_back();
  made_ = end;
  return static_cast<int64_t>(prepared_.size());
}

Workload::Call Workload::Next(Mode mode) {
  if (prepared_.empty()) prepared_.push_back(Make(mode));
  Call call = std::move(prepared_.front());
  prepared_.pop_front();
  if (call.position >= 0 && (call.position + ahead_) / subjects_ > moves_) {
    call.moves_clock = true;
    ++moves_;
  }
  return call;
}

void Workload::Drop(Mode mode) {
  const bool takes_steps = mode != Mode::kBare && mode != Mode::kStore && mode != Mode::kReplay;
  if (takes_steps && !prepared_.empty()) made_ = prepared_.front().position;
  prepared_.clear();
}

}  // namespace twofold::bench
