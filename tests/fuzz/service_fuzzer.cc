// Requests as they come off the wire, one after the other, through the handlers of all RPCs and a
// whole engine. Each ends with an answer or with a reason, and no Verify succeeds without a code
// that somebody was shown.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "server/methods/subject.h"
#include "server/rpc/method_table.h"
#include "server/rpc/wire.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/harness/user.h"
#include "twofold/v1/admin_service.pb.h"

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using twofold::App;

void Require(bool condition) {
  if (!condition) std::abort();
}

// What an input may ask for beside a request, because no fuzzer guesses a code.
enum Hint : uint8_t {
  kCode = 1,        // The code that the latest app shows.
  kBackupCode = 2,  // The latest backup code.
  kMethodId = 4,    // The id of the latest method.
  kLater = 8,       // A time step later.
  kMuchLater = 16,  // An hour later.
  kRestart = 32,    // In a new process.
  kTwoMessages = 64,
};

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

const google::protobuf::MethodDescriptor& Describe(const twofold::Method& method) {
  const std::string name = absl::StrReplaceAll(method.path + 1, {{"/", "."}});
  return *google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
}

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

// "" where there is no such field.
std::string TextOf(const Message& message, const char* field) {
  const FieldDescriptor* const found = message.GetDescriptor()->FindFieldByName(field);
  return found == nullptr ? "" : message.GetReflection()->GetString(message, found);
}

void SetText(const char* field, const std::string& text, Message& message) {
  const FieldDescriptor* const found = message.GetDescriptor()->FindFieldByName(field);
  if (found != nullptr) message.GetReflection()->SetString(&message, found, text);
}

class Messages final : public twofold::MessageStream {
 public:
  explicit Messages(std::vector<grpc::ByteBuffer> messages) : messages_(std::move(messages)) {}

  twofold::Task<absl::StatusOr<bool>> Read(Message& message) override {
    if (next_ == messages_.size()) co_return false;
    const absl::Status parsed = twofold::ParseMessage(messages_[next_++], message);
    if (!parsed.ok()) co_return parsed;
    co_return true;
  }

  twofold::Task<bool> Write(const Message& message) override {
    twofold::SerializeMessage(message, answer_);
    co_return true;
  }

  // The last one.
  const grpc::ByteBuffer& answer() const { return answer_; }

 private:
  std::vector<grpc::ByteBuffer> messages_;
  size_t next_ = 0;
  grpc::ByteBuffer answer_;
};

twofold::CallObserver& Observer() {
  static const auto& clock = *new twofold::FakeClock;
  static twofold::AuditLog& audit = *[] {
    twofold::AuditSettings settings;
    settings.destination = "none";
    return twofold::OpenAuditLog(settings, clock)->release();
  }();
  static auto& metrics = *twofold::NewMetrics({}, {}, "test").release();
  static auto& observer = *new twofold::CallObserver(audit, metrics);
  return observer;
}

// A new server and everything that its callers were shown.
class Session {
 public:
  void Call(size_t index, uint8_t hints, std::string bytes) {
    const twofold::Method& method = twofold::MethodTable()[index];
    if ((hints & kLater) != 0) harness_.clock().Advance(30'000);
    if ((hints & kMuchLater) != 0) harness_.clock().Advance(3'600'000);
    if ((hints & kRestart) != 0) harness_.Restart();
    const std::unique_ptr<Message> request = NewMessage(Describe(method).input_type());
    if (request->ParseFromString(bytes)) {
      FillIn(hints, *request);
      bytes = request->SerializeAsString();
    }
    const std::unique_ptr<Message> answer = NewMessage(Describe(method).output_type());
    const absl::Status status = Answer(index, hints, bytes, *answer);
    if (!status.ok()) {
      Require(twofold::ReasonOf(status) != twofold::v1::ERROR_REASON_UNSPECIFIED);
      Require(twofold::CodeOf(twofold::ReasonOf(status)) == status.code());
      Require(!twofold::ToGrpcStatus(status).error_details().empty());
      return;
    }
    if (method.name == "Verify") Require(WasShown(*request));
    Learn(*request, *answer);
  }

 private:
  absl::Status Answer(size_t index, uint8_t hints, const std::string& bytes, Message& answer) {
    const twofold::Method& method = twofold::MethodTable()[index];
    const auto caller = access_.Identify({});
    Require(caller.ok());
    twofold::CallFacts facts;
    const twofold::CallContext call{harness_.engine(), facts, *caller, access_, Observer(), index};
    if (method.unary != nullptr) {
      const grpc::ByteBuffer request = ToBuffer(bytes);
      grpc::ByteBuffer response;
      auto flow = method.unary(call, request, response);
      const absl::Status status = twofold::SyncWait(std::move(flow));
      if (status.ok()) Require(answer.ParseFromString(ToBytes(response)));
      return status;
    }
    std::vector<grpc::ByteBuffer> parts;
    const size_t cut = (hints & kTwoMessages) != 0 ? bytes.size() / 2 : bytes.size();
    parts.push_back(ToBuffer(bytes.substr(0, cut)));
    if (cut < bytes.size()) parts.push_back(ToBuffer(bytes.substr(cut)));
    Messages messages(std::move(parts));
    auto flow = method.stream(call, messages);
    const absl::Status status = twofold::SyncWait(std::move(flow));
    if (status.ok()) Require(answer.ParseFromString(ToBytes(messages.answer())));
    return status;
  }

  void FillIn(uint8_t hints, Message& request) {
    if ((hints & kMethodId) != 0 && !ids_.empty()) SetText("method_id", ids_.back(), request);
    std::string code;
    if ((hints & kBackupCode) != 0) code = backup_code_;
    if ((hints & kCode) != 0 && latest_ != nullptr) code = LatestCode(0);
    if (!code.empty()) {
      SetText("code", code, request);
      SetText("proof_code", code, request);
    }
    auto* const resync = dynamic_cast<twofold::v1::ResyncMethodRequest*>(&request);
    if (resync != nullptr && latest_ != nullptr && !code.empty()) {
      resync->clear_codes();
      for (const int next : {0, 1}) resync->add_codes(LatestCode(next));
    }
    // The button of a HOTP device was pressed.
    if (!code.empty()) ++presses_;
    // A password takes half a second.
    auto* const exported = dynamic_cast<twofold::v1::ExportMethodsRequest*>(&request);
    if (exported != nullptr && exported->has_password()) exported->set_password("short");
  }

  std::string LatestCode(int next) {
    return latest_is_hotp_ ? latest_->CodeOf(latest_->counter() + presses_ + next)
                           : latest_->CodeAt(harness_.clock().Now(), next);
  }

  // Whether an app of the subject shows the code at some time that the server may accept, or it is
  // one of its backup codes.
  bool WasShown(const Message& request) {
    constexpr int kReach = 2000;
    const auto subject = shown_.find(KeyOf(request));
    if (subject == shown_.end()) return false;
    const std::string code = absl::StrReplaceAll(TextOf(request, "code"), {{"-", ""}});
    const auto& backup_codes = subject->second.backup_codes;
    const std::string upper = absl::AsciiStrToUpper(code);
    if (std::find(backup_codes.begin(), backup_codes.end(), upper) != backup_codes.end()) return true;
    for (const auto& app : subject->second.apps) {
      for (int i = 0; i < kReach; ++i) {
        if (app->CodeOf(app->counter() + i) == code) return true;
        if (i < 50 && app->CodeAt(harness_.clock().Now(), i - 25) == code) return true;
      }
    }
    return false;
  }

  void Learn(const Message& request, const Message& answer) {
    const std::string key = KeyOf(request);
    if (const auto* enrolled = dynamic_cast<const twofold::v1::EnrollResponse*>(&answer)) {
      Add(key, enrolled->method().method_id(), enrolled->otpauth_uri());
    }
    const FieldDescriptor* const codes = answer.GetDescriptor()->FindFieldByName("backup_codes");
    if (codes != nullptr && codes->is_repeated()) {
      for (int i = 0; i < answer.GetReflection()->FieldSize(answer, codes); ++i) {
        backup_code_ = answer.GetReflection()->GetRepeatedString(answer, codes, i);
        shown_[key].backup_codes.push_back(absl::StrReplaceAll(backup_code_, {{"-", ""}}));
      }
    }
    const auto* const batch = dynamic_cast<const twofold::v1::ImportMethodsRequest*>(&request);
    if (batch == nullptr) return;
    for (const twofold::v1::PortableMethod& portable : batch->methods()) {
      const bool is_otp = twofold::ParseOtpauthUri(portable.otpauth_uri()).ok();
      if (is_otp) Add(KeyOf(portable), "", portable.otpauth_uri());
    }
    const auto& results = dynamic_cast<const twofold::v1::ImportMethodsResponse&>(answer).results();
    for (const auto& result : results) {
      if (!result.method_id().empty()) ids_.push_back(result.method_id());
    }
  }

  void Add(const std::string& key, const std::string& id, const std::string& uri) {
    latest_ = std::make_shared<const App>(id, uri);
    latest_is_hotp_ = twofold::ParseOtpauthUri(uri)->type == twofold::OtpType::kHotp;
    presses_ = 0;
    shown_[key].apps.push_back(latest_);
    if (!id.empty()) ids_.push_back(id);
  }

  static std::string KeyOf(const Message& request) {
    return TextOf(request, "tenant") + '\n' + TextOf(request, "user_id");
  }

  struct Shown {
    std::vector<std::shared_ptr<const App>> apps;
    // Without their dashes.
    std::vector<std::string> backup_codes;
  };

  twofold::EngineHarness harness_{"memory:"};
  const twofold::AccessControl access_{nullptr};
  std::map<std::string, Shown> shown_;
  std::vector<std::string> ids_;
  std::shared_ptr<const App> latest_;
  bool latest_is_hotp_ = false;
  int presses_ = 0;
  std::string backup_code_;
};

// Requests follow each other. Before each stand its RPC, its hints and, in two bytes, its size.
void Run(const uint8_t* data, size_t size) {
  constexpr int kMaxRequests = 16;
  constexpr size_t kHead = 4;
  // It would write a line about each text that is not UTF-8.
  [[maybe_unused]] static auto* const silenced = google::protobuf::SetLogHandler(nullptr);
  Session session;
  for (int i = 0; i < kMaxRequests && size >= kHead; ++i) {
    const size_t length = std::min<size_t>(size - kHead, data[2] + 256 * size_t{data[3]});
    const size_t index = data[0] % twofold::MethodTable().size();
    session.Call(index, data[1], std::string(data + kHead, data + kHead + length));
    data += kHead + length;
    size -= kHead + length;
  }
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("service", &Run, 100);

}  // namespace
