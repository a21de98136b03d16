#include "bench/load/target.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

namespace twofold::bench {
namespace {

constexpr std::array<const char*, 4> kPaths = {"/twofold.bench.Bench/Bare", "/twofold.bench.Bench/Store",
                                               "/twofold.v1.TwoFactorService/Verify",
                                               "/twofold.bench.Bench/Control"};

grpc::internal::RpcMethod MethodOn(Rpc rpc, const std::shared_ptr<grpc::Channel>& channel) {
  return grpc::internal::RpcMethod(kPaths[static_cast<size_t>(rpc)], grpc::internal::RpcMethod::NORMAL_RPC,
                                   channel);
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::shared_ptr<grpc::ChannelCredentials> TlsCredentials(const std::string& folder) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = Read(folder + "/ca.crt");
  options.pem_cert_chain = Read(folder + "/client.crt");
  options.pem_private_key = Read(folder + "/client.key");
  return grpc::SslCredentials(options);
}

}  // namespace

Target::Connection::Connection(std::shared_ptr<grpc::Channel> channel_in)
    : channel(std::move(channel_in)),
      methods{MethodOn(Rpc::kBare, channel), MethodOn(Rpc::kStore, channel), MethodOn(Rpc::kVerify, channel),
              MethodOn(Rpc::kControl, channel)} {}

Target::Target(const std::string& address, const std::string& tls_folder) {
  const auto credentials =
      tls_folder.empty() ? grpc::InsecureChannelCredentials() : TlsCredentials(tls_folder);
  for (size_t i = 0; i < kConnections + 1; ++i) {
    grpc::ChannelArguments arguments;
    // Each channel gets a connection of its own.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    connections_.push_back(
        std::make_unique<Connection>(grpc::CreateCustomChannel(address, credentials, arguments)));
  }
}

grpc::ClientAsyncResponseReader<grpc::ByteBuffer>* Target::Start(Rpc rpc, const grpc::ByteBuffer& request,
                                                                 grpc::ClientContext& context,
                                                                 grpc::CompletionQueue& queue) {
  const Connection& connection = *connections_[rpc == Rpc::kControl ? kConnections : next_];
  if (rpc != Rpc::kControl) next_ = (next_ + 1) % kConnections;
  return grpc::internal::ClientAsyncResponseReaderHelper::Create<grpc::ByteBuffer>(
      connection.channel.get(), &queue, connection.methods[static_cast<size_t>(rpc)], &context, request);
}

void Target::HoldBack(size_t connection, std::chrono::milliseconds pushback) {
  connections_[connection]->held_back_until = std::chrono::steady_clock::now() + pushback;
}

bool Target::SkipsHeldBack() {
  if (connections_[next_]->held_back_until.load() <= std::chrono::steady_clock::now()) return false;
  next_ = (next_ + 1) % kConnections;
  return true;
}

std::optional<std::chrono::milliseconds> CallSlot::Pushback() const {
  if (status_.ok()) return std::nullopt;
  const auto& trailer = context_->GetServerTrailingMetadata();
  const auto found = trailer.find("grpc-retry-pushback-ms");
  if (found == trailer.end()) return std::nullopt;
  return std::chrono::milliseconds(std::stoi(std::string(found->second.begin(), found->second.end())));
}

nlohmann::json Target::Control(const std::string& command) {
  grpc::CompletionQueue queue;
  CallSlot slot;
  const grpc::Slice slice(command);
  slot.Start(*this, Rpc::kControl, grpc::ByteBuffer(&slice, 1), queue, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (slot.status().ok()) return nlohmann::json::parse(Flatten(slot.response()));
  std::cerr << "load: the server does not answer: " << slot.status().error_message() << "\n";
  std::exit(1);
}

std::string Flatten(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  std::string flat;
  if (!bytes.Dump(&slices).ok()) return flat;
  for (const grpc::Slice& slice : slices)
    flat.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return flat;
}

}  // namespace twofold::bench
