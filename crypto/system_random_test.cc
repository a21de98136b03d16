#include "crypto/system_random.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <bitset>
#include <set>

#include "gtest/gtest.h"

namespace twofold {
namespace {

// Gives zeros first, and then the system's bytes.
class ZerosAtFirst final : public Random {
 public:
  void Fill(absl::Span<uint8_t> out) override {
    if (calls_++ < 3) {
      std::fill(out.begin(), out.end(), uint8_t{0});
    } else {
      SystemRandom().Fill(out);
    }
  }
  int calls() const { return calls_; }

 private:
  int calls_ = 0;
};

// Makes getrandom fail in this process from now on.
void ForbidGetrandom() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {std::size(program), program};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

TEST(SystemRandom, FillsEveryLength) {
  for (const size_t size : {0, 1, 16, 256, 257, 100000})
    EXPECT_EQ(RandomBytes(SystemRandom(), size).size(), size);
}

TEST(SystemRandom, ReachesEveryByteWithEveryBit) {
  const std::string bytes = RandomBytes(SystemRandom(), 1 << 20);
  size_t ones = 0;
  for (const char byte : bytes) ones += std::bitset<8>(static_cast<uint8_t>(byte)).count();
  // For eight million fair bits the bounds are twenty standard deviations to either side.
  EXPECT_NEAR(static_cast<double>(ones), 4194304.0, 29000.0);
}

TEST(SystemRandom, DoesNotRepeat) {
  std::set<std::string> drawn;
  for (int i = 0; i < 10000; ++i) drawn.insert(RandomBytes(SystemRandom(), 16));
  EXPECT_EQ(drawn.size(), 10000);
}

TEST(RandomNonZero, DrawsAgainInsteadOfGivingZero) {
  ZerosAtFirst random;
  EXPECT_NE(RandomNonZero(random), 0);
  EXPECT_EQ(random.calls(), 4);
}

TEST(SystemRandomDeathTest, EndsTheProcessWhenTheSystemGivesNothing) {
  EXPECT_DEATH(
      {
        ForbidGetrandom();
        RandomBytes(SystemRandom(), 1);
      },
      "the system gives no random bytes");
}

}  // namespace
}  // namespace twofold
