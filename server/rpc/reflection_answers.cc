#include "server/rpc/reflection_answers.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/support/status.h>

#include <set>
#include <string>
#include <vector>

#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "server/rpc/service_names.h"

namespace twofold {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

const DescriptorPool& Pool() {
  // This keeps the descriptor of v1alpha in the program, which does not use its messages otherwise.
  static const Descriptor* const kV1Alpha = grpc::reflection::v1alpha::ServerReflectionRequest::descriptor();
  return *kV1Alpha->file()->pool();
}

void SetError(grpc::StatusCode code, const std::string& message, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(message);
}

// Adds a file with everything that it imports, each file once.
void AddFiles(const FileDescriptor& file, std::set<std::string>& seen, ServerReflectionResponse& response) {
  if (!seen.insert(file.name()).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddFiles(*file.dependency(i), seen, response);
}

void AnswerFile(const FileDescriptor* file, const std::string& wanted, ServerReflectionResponse& response) {
  if (file == nullptr) {
    SetError(grpc::StatusCode::NOT_FOUND, "there is no " + wanted, response);
    return;
  }
  std::set<std::string> seen;
  AddFiles(*file, seen, response);
}

const FileDescriptor* FileOfExtension(const std::string& type, int number) {
  const Descriptor* const extended = Pool().FindMessageTypeByName(type);
  const FieldDescriptor* const field =
      extended == nullptr ? nullptr : Pool().FindExtensionByNumber(extended, number);
  return field == nullptr ? nullptr : field->file();
}

void AnswerNumbers(const std::string& type, ServerReflectionResponse& response) {
  const Descriptor* const extended = Pool().FindMessageTypeByName(type);
  if (extended == nullptr) {
    SetError(grpc::StatusCode::NOT_FOUND, "there is no such type", response);
    return;
  }
  std::vector<const FieldDescriptor*> fields;
  Pool().FindAllExtensions(extended, &fields);
  auto& answer = *response.mutable_all_extension_numbers_response();
  answer.set_base_type_name(type);
  for (const FieldDescriptor* field : fields) answer.add_extension_number(field->number());
}

}  // namespace

ServerReflectionResponse AnswerReflection(const ServerReflectionRequest& request) {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      AnswerFile(Pool().FindFileByName(request.file_by_filename()), "such file", response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      AnswerFile(Pool().FindFileContainingSymbol(request.file_containing_symbol()), "such symbol", response);
      break;
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& extension = request.file_containing_extension();
      AnswerFile(FileOfExtension(extension.containing_type(), extension.extension_number()), "such extension",
                 response);
      break;
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      AnswerNumbers(request.all_extension_numbers_of_type(), response);
      break;
    case ServerReflectionRequest::kListServices:
      for (const char* name : {kTwoFactorService, kPromptService, kPromptPageService, kAdminService,
                               kHealthService, kReflectionV1, kReflectionV1Alpha})
        response.mutable_list_services_response()->add_service()->set_name(name);
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      SetError(grpc::StatusCode::INVALID_ARGUMENT, "the request asks for nothing", response);
      break;
  }
  return response;
}

}  // namespace twofold
