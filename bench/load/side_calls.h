#ifndef TWOFOLD_BENCH_LOAD_SIDE_CALLS_H_
#define TWOFOLD_BENCH_LOAD_SIDE_CALLS_H_

#include <cstdlib>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "bench/load/target.h"

namespace twofold::bench {

// Sends a command to the server on the completion queue of the measured calls. It deletes itself.
// The program ends if there is no answer.
class SideCall final : public Tag {
 public:
  using Then = std::function<void(const nlohmann::json&)>;

  static void Send(Target& target, grpc::CompletionQueue& queue, const std::string& command, Then then) {
    auto* call = new SideCall(std::move(then));
    const grpc::Slice slice(command);
    call->slot_.Start(target, Rpc::kControl, grpc::ByteBuffer(&slice, 1), queue, call);
  }

  void Done(bool) override {
    if (!slot_.status().ok()) {
      std::cerr << "load: the server does not answer: " << slot_.status().error_message() << "\n";
      std::_Exit(1);
    }
    then_(nlohmann::json::parse(Flatten(slot_.response())));
    delete this;
  }

 private:
  explicit SideCall(Then then) : then_(std::move(then)) {}

  const Then then_;
  CallSlot slot_;
};

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_SIDE_CALLS_H_
