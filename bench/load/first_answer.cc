#include "bench/load/first_answer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "bench/load/measure.h"
#include "bench/load/target.h"
#include "bench/load/workload.h"
#include "bench/subjects.h"

namespace twofold::bench {
namespace {

constexpr double kLongest = 60;

bool Listens(const std::string& address) {
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  there.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
  const int link = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool listens = connect(link, reinterpret_cast<const sockaddr*>(&there), sizeof(there)) == 0;
  close(link);
  return listens;
}

}  // namespace

double AwaitFirstAnswer(const std::string& address, const std::string& tls_folder, int64_t subjects) {
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const int64_t subject = Permuted(subjects / 2, subjects);
  const grpc::ByteBuffer request =
      VerifyBytes(subject, CodeOf(subject, now_ms.count() / (int64_t{kPeriodSeconds} * 1000)));
  const Steady::time_point begin = Steady::now();
  while (!Listens(address)) {
    if (SecondsSince(begin) > kLongest) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  Target target(address, tls_folder);
  grpc::CompletionQueue queue;
  // The port is open before the storage is, and calls are UNAVAILABLE until then.
  for (;;) {
    CallSlot slot;
    slot.Start(target, Rpc::kVerify, request, queue, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    if (slot.status().ok()) return std::chrono::duration<double>(Steady::now().time_since_epoch()).count();
    if (slot.status().error_code() != grpc::StatusCode::UNAVAILABLE) return 0;
    if (SecondsSince(begin) > kLongest) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace twofold::bench
