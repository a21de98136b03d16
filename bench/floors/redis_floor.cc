#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asio/connect.hpp"
#include "asio/io_context.hpp"
#include "asio/ip/tcp.hpp"
#include "asio/read.hpp"
#include "asio/write.hpp"
#include "bench/floors/floors.h"
#include "bench/floors/samples.h"
#include "bench/server/seed.h"
#include "bench/subjects.h"
#include "bench/test_ring.h"
#include "server/rules/record.h"
#include "storage/keys.h"
#include "storage/redis/command.h"
#include "storage/redis/record_format.h"
#include "storage/redis/scripts.h"

namespace twofold::bench {
namespace {

// The size of the reply for an integer of one digit.
constexpr size_t kReplySize = 4;

// Runs Put scripts over one blocking connection.
class Puts {
 public:
  Puts(int port, int64_t subjects) : socket_(context_), versions_(static_cast<size_t>(subjects), kAbsent) {
    socket_.connect(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), static_cast<uint16_t>(port)));
    socket_.set_option(asio::ip::tcp::no_delay(true));
    const std::unique_ptr<KeyRing> ring = NewTestRing();
    bytes_ = SerializeRecord(MakeRecord(*ring, 0, 1'800'000'000'000));
    // The first call brings the script along.
    Send(Next(true), 1);
  }

  void Batch(int size) {
    std::string batch;
    for (int i = 0; i < size; ++i) batch += Next(false);
    Send(batch, size);
  }

 private:
  std::string Next(bool whole) {
    const auto subjects = static_cast<int64_t>(versions_.size());
    const int64_t subject = Permuted(next_++ % subjects, subjects);
    Version& version = versions_[static_cast<size_t>(subject)];
    const std::string key = absl::StrCat(FlatName(SubjectKey(kTenant, UserId(subject))), ":floor");
    const std::string expected = redis::VersionBytes(version);
    const std::string record = absl::StrCat(redis::VersionBytes(++version), bytes_);
    return redis::Call(redis::kPutScript, key, {expected, record}).ToRequest(whole, /*asking=*/false).bytes;
  }

  void Send(const std::string& batch, int size) {
    asio::write(socket_, asio::buffer(batch));
    std::string replies(kReplySize * static_cast<size_t>(size), '\0');
    asio::read(socket_, asio::buffer(replies));
    for (size_t at = 0; at < replies.size(); at += kReplySize) {
      if (replies.compare(at, kReplySize, ":1\r\n") == 0) continue;
      std::cerr << "floors: Redis answered the script with " << replies << "\n";
      std::exit(1);
    }
  }

  asio::io_context context_;
  asio::ip::tcp::socket socket_;
  std::vector<Version> versions_;
  std::string bytes_;
  int64_t next_ = 0;
};

}  // namespace

nlohmann::json RedisFloor(int port, int64_t subjects, int in_flight, double seconds) {
  Puts puts(port, subjects);
  // All records are written before the measuring begins.
  constexpr int kWhileFilling = 256;
  for (int64_t made = 0; made < subjects; made += kWhileFilling) puts.Batch(kWhileFilling);
  Samples samples(seconds);
  while (!samples.Done()) {
    samples.Begin();
    puts.Batch(in_flight);
    samples.End();
  }
  return samples.Report(in_flight);
}

}  // namespace twofold::bench
