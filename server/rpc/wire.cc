#include "server/rpc/wire.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/unicode.h"
#include "crypto/system_random.h"
#include "google/rpc/status.pb.h"
#include "server/errors.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// Returns the text field that made parsing fail, or "" if the cause was another one. Requests are
// flat.
std::string FieldThatIsNotUtf8(const std::string& bytes, const google::protobuf::Descriptor& type) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  for (uint32_t tag = in.ReadTag(); tag != 0; tag = in.ReadTag()) {
    const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    const bool is_text = field != nullptr && field->type() == FieldDescriptor::TYPE_STRING &&
                         WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (!is_text) {
      if (!WireFormatLite::SkipField(&in, tag)) return "";
      continue;
    }
    uint32_t size = 0;
    std::string text;
    if (!in.ReadVarint32(&size) || !in.ReadString(&text, static_cast<int>(size))) return "";
    if (!IsUtf8(text)) return field->name();
  }
  return "";
}

std::string Flatten(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  std::string flat;
  if (!bytes.Dump(&slices).ok()) return flat;
  for (const grpc::Slice& slice : slices)
    flat.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return flat;
}

// Logs the real status for the operator, and gives the caller the id of that line.
absl::Status Internal(const absl::Status& status) {
  constexpr size_t kIdBytes = 8;
  const std::string id = absl::BytesToHexString(RandomBytes(SystemRandom(), kIdBytes));
  LogError("internal error ", id, ": ", status.ToString());
  return InternalError(id);
}

}  // namespace

absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  grpc::ByteBuffer copy(bytes);
  grpc::ProtoBufferReader reader(&copy);
  if (message.ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  const std::string field = FieldThatIsNotUtf8(Flatten(bytes), *message.GetDescriptor());
  if (!field.empty()) return InvalidRequestError(field, "is not valid UTF-8");
  return InvalidRequestError("request", "cannot be parsed (compression is not supported)");
}

void SerializeMessage(const google::protobuf::Message& message, grpc::ByteBuffer& bytes) {
  bool own = false;
  grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::MessageLite>(message, &bytes, &own);
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  if (ReasonOf(status) == v1::ERROR_REASON_UNSPECIFIED) return ToGrpcStatus(Internal(status));
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  // The payloads are sorted, because Abseil's order differs from call to call and equal errors must
  // look equal.
  std::map<std::string, std::string> payloads;
  status.ForEachPayload([&payloads](absl::string_view type_url, const absl::Cord& payload) {
    payloads.emplace(type_url, payload);
  });
  for (const auto& [type_url, payload] : payloads) {
    google::protobuf::Any& any = *details.add_details();
    any.set_type_url(type_url);
    any.set_value(payload);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), details.message(),
                      details.SerializeAsString());
}

}  // namespace twofold
