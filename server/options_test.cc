#include "server/options.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "common/address.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/environment.h"
#include "server/named_files.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

absl::StatusOr<Options> Parse(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "twofold-server");
  return ParseOptions(static_cast<int>(flags.size()), flags.data());
}

std::string Error(const std::vector<const char*>& flags) {
  return std::string(Parse(flags).status().message());
}

// Sets one environment variable while it lives.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Environment() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(Options, DefaultsAreThoseOfTheReference) {
  const absl::StatusOr<Options> options = Parse({});
  ASSERT_TRUE(options.ok()) << options.status();
  const std::string threads =
      std::to_string(std::thread::hardware_concurrency() <= 2 ? 1 : std::thread::hardware_concurrency() / 2);
  EXPECT_EQ(
      Describe(*options),
      "listen=127.0.0.1:50051 listen_mode=0600 listen_group= max_connections=1000 insecure=false "
      "tls_cert= tls_key= tls_client_ca= authz_policy= caller_header= "
      "reflection=true health_listen= ops_listen=127.0.0.1:9464 "
      "threads=" +
          threads +
          " start_timeout=2m drain_timeout=5s data_dir=./twofold-data "
          "storage=sqlite:./twofold-data/twofold.db rate_limiter=local: "
          "keyring=file:./twofold-data/keyring.json audit_log=stderr audit_required=false issuer=\"Twofold\" "
          "pending_ttl=10m limit_attempts=5 limit_address_attempts=100 limit_window=1m40s lock_after=5 "
          "lock_initial=30s lock_max=1h permanent_lock_after=100 long_term_budget=20 "
          "long_term_refill_per_day=9 webauthn_rp_id= webauthn_rp_name=\"Twofold\" webauthn_origins= "
          "webauthn_user_verification=preferred prompt_url= sms_carrier= sms_prefixes= email_carrier= "
          "restricted_alone=false send_daily_limit=10000 send_prefix_daily_limit=1000");
}

TEST(Options, EveryFlagArrives) {
  const absl::StatusOr<Options> options =
      Parse({"--listen=0.0.0.0:1",
             "--listen_mode=660",
             "--listen_group=0",
             "--max_connections=14",
             "--insecure",
             "--tls_cert=/c",
             "--tls_key=/y",
             "--tls_client_ca=/ca",
             "--authz_policy=/p",
             "--reflection=true",
             "--health_listen=unix:/h",
             "--ops_listen=[::]:3",
             "--threads=4",
             "--start_timeout=3m",
             "--drain_timeout=7s",
             "--data_dir=/d",
             "--storage=memory:",
             "--rate_limiter=redis://r",
             "--keyring=file:/k",
             "--audit_log=/a",
             "--audit_required",
             "--issuer=Zoë & Co",
             "--pending_ttl=5m",
             "--limit_attempts=6",
             "--limit_address_attempts=7",
             "--limit_window=2h45m",
             "--lock_after=8",
             "--lock_initial=9s",
             "--lock_max=10s",
             "--permanent_lock_after=11",
             "--long_term_budget=12",
             "--long_term_refill_per_day=13",
             "--webauthn_rp_id=example.org",
             "--webauthn_rp_name=Example",
             "--webauthn_origins=https://a.example.org,https://example.org:8443",
             "--webauthn_user_verification=required",
             "--prompt_url=https://p.example.org/2fa/",
             "--sms_carrier=file:/sms",
             "--sms_prefixes=+49,+1",
             "--email_carrier=caller:",
             "--email_codes",
             "--restricted_alone",
             "--send_daily_limit=15",
             "--send_prefix_daily_limit=16"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(
      Describe(*options),
      "listen=0.0.0.0:1 listen_mode=0660 listen_group=0 max_connections=14 insecure=true "
      "tls_cert=/c tls_key=/y tls_client_ca=/ca authz_policy=/p caller_header= reflection=true "
      "health_listen=unix:/h ops_listen=[::]:3 threads=4 "
      "start_timeout=3m drain_timeout=7s data_dir=/d storage=memory: rate_limiter=redis://r keyring=file:/k "
      "audit_log=/a audit_required=true "
      "issuer=\"Zo\\xc3\\xab & Co\" pending_ttl=5m limit_attempts=6 limit_address_attempts=7 "
      "limit_window=2h45m "
      "lock_after=8 lock_initial=9s lock_max=10s permanent_lock_after=11 long_term_budget=12 "
      "long_term_refill_per_day=13 webauthn_rp_id=example.org webauthn_rp_name=\"Example\" "
      "webauthn_origins=https://a.example.org,https://example.org:8443 webauthn_user_verification=required "
      "prompt_url=https://p.example.org/2fa sms_carrier=file:/sms sms_prefixes=+49,+1 email_carrier=caller: "
      "restricted_alone=true "
      "send_daily_limit=15 send_prefix_daily_limit=16");
}

TEST(Options, T33_OtherMachinesNeedTlsAClientCaAndAPolicy) {
  const std::vector<const char*> guarded = {"--listen=0.0.0.0:1", "--tls_cert=/c", "--tls_key=/k",
                                            "--tls_client_ca=/ca", "--authz_policy=/p"};
  EXPECT_TRUE(Parse(guarded).ok());
  for (size_t i = 1; i < guarded.size(); ++i) {
    std::vector<const char*> flags = guarded;
    flags.erase(flags.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(Parse(flags).ok()) << "without " << guarded[i];
  }
  EXPECT_THAT(Error({"--listen=0.0.0.0:1", "--tls_cert=/c", "--tls_key=/k"}),
              HasSubstr("needs --tls_cert, --tls_key, --tls_client_ca and --authz_policy"));
}

TEST(Options, CallersAreIdentifiedInExactlyOneWay) {
  constexpr const char* header = "--caller_header=X-Forwarded-Client-Cert";
  EXPECT_EQ(Parse({header, "--authz_policy=/p"})->caller_header, "x-forwarded-client-cert");
  EXPECT_TRUE(Parse({header, "--authz_policy=/p", "--listen=unix:/s"}).ok());
  EXPECT_THAT(Error({header}), HasSubstr("needs --authz_policy"));
  EXPECT_THAT(Error({"--caller_header=x-user", "--authz_policy=/p"}), HasSubstr("the only one"));
  EXPECT_THAT(Error({header, "--authz_policy=/p", "--listen=0.0.0.0:1", "--insecure"}),
              HasSubstr("whoever else reaches the port could write the header"));
  EXPECT_THAT(Error({header, "--authz_policy=/p", "--tls_cert=/c", "--tls_key=/k", "--tls_client_ca=/ca"}),
              HasSubstr("identities come from one of them"));
  EXPECT_THAT(Error({"--authz_policy=/p"}), HasSubstr("needs identities"));
  EXPECT_THAT(Error({"--authz_policy=/p", "--tls_cert=/c", "--tls_key=/k"}), HasSubstr("needs identities"));
  EXPECT_THAT(Error({"--tls_cert=/c"}), HasSubstr("--tls_cert: needs its private key"));
  EXPECT_THAT(Error({"--tls_key=/c"}), HasSubstr("--tls_key: needs its certificate"));
  EXPECT_THAT(Error({"--tls_client_ca=/c"}), HasSubstr("--tls_client_ca: needs --tls_cert"));
}

TEST(Options, AUnixSocketHasAModeAndAGroupOfThisMachine) {
  for (const auto& [text, mode] : {std::pair<const char*, mode_t>{"--listen_mode=0600", 0600},
                                   {"--listen_mode=660", 0660},
                                   {"--listen_mode=0666", 0666}}) {
    const absl::StatusOr<Options> options = Parse({"--listen=unix:/s", text, "--listen_group=root"});
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->listen_mode, mode);
    EXPECT_EQ(options->listen_group, gid_t{0});
  }
  for (const char* bad : {"--listen_mode=", "--listen_mode=0680", "--listen_mode=rw", "--listen_mode=1777",
                          "--listen_mode=-660", "--listen_mode=0060", "--listen_mode=0x1ff"}) {
    EXPECT_THAT(Error({"--listen=unix:/s", bad}), testing::StartsWith("--listen_mode: ")) << bad;
  }
  for (const char* bad : {"--listen_group=no-such-group", "--listen_group=4294967295"}) {
    EXPECT_THAT(Error({"--listen=unix:/s", bad}), testing::StartsWith("--listen_group: ")) << bad;
  }
  EXPECT_THAT(Error({"--listen_mode=0660"}), HasSubstr("only a unix socket has one"));
  EXPECT_THAT(Error({"--listen_group=root"}), HasSubstr("only a unix socket has one"));
  EXPECT_TRUE(Parse({"--health_listen=unix:/s", "--listen_mode=0660"}).ok());
}

TEST(Options, ValuesMayStandApartAndNamesMayHaveDashes) {
  const absl::StatusOr<Options> options =
      Parse({"--lock-after", "7", "--limit-window=1h", "--issuer", "a-b_c", "--data-dir=/my-dir_1"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->lock_after, 7);
  EXPECT_EQ(options->limit_window, absl::Hours(1));
  EXPECT_EQ(options->issuer, "a-b_c");
  EXPECT_EQ(options->data_dir, "/my-dir_1");
}

TEST(Options, AnEmptyOpsListenTurnsItOffAndTakesNoOtherFlag) {
  for (const std::vector<const char*>& flags :
       {std::vector<const char*>{"--ops_listen=", "--issuer=x"}, {"--ops_listen", "", "--issuer=x"}}) {
    const absl::StatusOr<Options> options = Parse(flags);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->ops_listen, "");
    EXPECT_EQ(options->issuer, "x");
  }
}

TEST(Options, TheEnvironmentStandsInAndTheCommandLineWins) {
  const Environment storage("TWOFOLD_STORAGE", "redis://user:pw@h");
  const Environment required("TWOFOLD_AUDIT_REQUIRED", "true");
  const Environment issuer("TWOFOLD_ISSUER", "Env");
  const absl::StatusOr<Options> options = Parse({"--issuer=Flag"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->storage, "redis://user:pw@h");
  EXPECT_TRUE(options->audit_required);
  EXPECT_EQ(options->issuer, "Flag");
}

TEST(Options, ABadVariableIsNamedByItsFlag) {
  const Environment window("TWOFOLD_LIMIT_WINDOW", "soon");
  EXPECT_THAT(Error({}), testing::StartsWith("--limit_window: \"soon\" is not allowed"));
}

std::vector<std::string> Warnings(std::vector<const char*> environment) {
  environment.push_back(nullptr);
  return EnvironmentWarnings(environment.data());
}

TEST(EnvironmentWarnings, AMisspeltVariableIsNamedWithWhatWasMeant) {
  const std::string kHead = "the environment variable ";
  const std::string kTail = " is not known and has no effect";
  EXPECT_THAT(
      Warnings({"TWOFOLD_STORGE=redis://:hunter2@h", "TWOFOLD_LIMITS=", "TWOFOLD_STORAGE_URL=redis://h",
                "TWOFOLD_ADRESS=h:1", "TWOFOLD_LOCK_AFTR=3", "TWOFOLD_SECRET", "TWOFOLD_\x1b[2J=x"}),
      ElementsAre(kHead + "TWOFOLD_ADRESS" + kTail + "; did you mean TWOFOLD_ADDRESS?",
                  kHead + "TWOFOLD_LIMITS" + kTail,
                  kHead + "TWOFOLD_LOCK_AFTR" + kTail + "; did you mean TWOFOLD_LOCK_AFTER?",
                  kHead + "TWOFOLD_SECRET" + kTail,
                  kHead + "TWOFOLD_STORAGE_URL" + kTail + "; did you mean TWOFOLD_STORAGE?",
                  kHead + "TWOFOLD_STORGE" + kTail + "; did you mean TWOFOLD_STORAGE?",
                  kHead + "TWOFOLD_\\x1b[2J" + kTail));
}

TEST(EnvironmentWarnings, WhatIsKnownOrNotOursIsNotNamed) {
  EXPECT_THAT(
      Warnings({"TWOFOLD_STORAGE=redis://h", "TWOFOLD_LONG_TERM_REFILL_PER_DAY=1", "TWOFOLD_ADDRESS=h:1",
                "TWOFOLD_MIGRATE_FROM=memory:", "TWOFOLD_SOAK=1", "TWOFOLDS=1", "PATH=/bin", "HOME"}),
      IsEmpty());
}

TEST(EnvironmentWarnings, LinksToServicesOfKubernetesAreNotNamed) {
  EXPECT_THAT(
      Warnings({"TWOFOLD_SERVICE_HOST=10.0.0.1", "TWOFOLD_SERVICE_PORT=50051",
                "TWOFOLD_SERVICE_PORT_GRPC=50051", "TWOFOLD_PORT=tcp://10.0.0.1:50051",
                "TWOFOLD_PORT_50051_TCP=tcp://10.0.0.1:50051", "TWOFOLD_PORT_50051_TCP_PROTO=tcp",
                "TWOFOLD_PORT_50051_TCP_PORT=50051", "TWOFOLD_PORT_50051_TCP_ADDR=10.0.0.1",
                "TWOFOLD_REDIS_SERVICE_HOST=10.0.0.2", "TWOFOLD_REDIS_SERVICE_PORT=6379",
                "TWOFOLD_REDIS_PORT=tcp://10.0.0.2:6379", "TWOFOLD_REDIS_PORT_6379_TCP=tcp://10.0.0.2:6379",
                "TWOFOLD_DNS_PORT_53_UDP_ADDR=10.0.0.3"}),
      IsEmpty());
  // Only a person gives a port like this.
  EXPECT_EQ(Warnings({"TWOFOLD_PORT=50051", "TWOFOLD_LISTEN_PORT=50051"}).size(), 2U);
}

TEST(Options, DerivedDefaultsFollowTheirSource) {
  struct Case {
    std::vector<const char*> flags;
    const char* storage;
    const char* rate_limiter;
    const char* keyring;
  };
  const Case cases[] = {
      {{"--data_dir=/var/lib/t/"}, "sqlite:/var/lib/t/twofold.db", "local:", "file:/var/lib/t/keyring.json"},
      {{"--data_dir=/"}, "sqlite:/twofold.db", "local:", "file:/keyring.json"},
      {{"--storage=memory:"}, "memory:", "local:", "memory:"},
      {{"--storage=memory:", "--keyring=file:/k"}, "memory:", "local:", "file:/k"},
      {{"--storage=rediss://h/1"}, "rediss://h/1", "rediss://h/1", "file:./twofold-data/keyring.json"},
      {{"--storage=redis+cluster://h", "--rate_limiter=local:"},
       "redis+cluster://h",
       "local:",
       "file:./twofold-data/keyring.json"},
  };
  for (const Case& c : cases) {
    const absl::StatusOr<Options> options = Parse(c.flags);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->storage, c.storage);
    EXPECT_EQ(options->rate_limiter, c.rate_limiter);
    EXPECT_EQ(options->keyring, c.keyring);
  }
}

TEST(Options, ReflectionFollowsTheAddressUnlessItIsSaid) {
  EXPECT_TRUE(Parse({"--listen=unix:/run/t.sock"})->reflection);
  EXPECT_FALSE(Parse({"--listen=0.0.0.0:1", "--insecure"})->reflection);
  EXPECT_TRUE(Parse({"--listen=0.0.0.0:1", "--insecure", "--reflection"})->reflection);
  EXPECT_FALSE(Parse({"--reflection=false"})->reflection);
}

TEST(Options, OthersMayReachTheServerOnlyWhenToldSo) {
  for (const char* listen :
       {"--listen=0.0.0.0:1", "--listen=[::]:1", "--listen=10.0.0.1:1", "--listen=example.com:1"}) {
    EXPECT_THAT(Error({listen}), HasSubstr("other machines can reach it"));
    EXPECT_THAT(Error({listen, "--insecure=false"}), HasSubstr("other machines can reach it"));
    EXPECT_TRUE(Parse({listen, "--insecure"}).ok());
  }
}

TEST(Options, EachPortMayBePicked) {
  EXPECT_TRUE(
      Parse({"--listen=127.0.0.1:0", "--health_listen=127.0.0.1:0", "--ops_listen=127.0.0.1:0"}).ok());
}

struct BadFlag {
  std::vector<const char*> flags;
  const char* message;
};

TEST(Options, EachBadFlagIsOneLineThatNamesIt) {
  const char kCount[] = "a whole number from 1 to 1000000000";
  const std::string long_issuer = "--issuer=" + std::string(65, 'a');
  const std::string long_unix = "--listen=unix:/" + std::string(107, 'a');
  const std::string long_value = "--long_term_budget=" + std::string(1000, '9');
  const BadFlag cases[] = {
      {{"--listen="},
       "--listen: \"\" is not allowed: an address is host:port, [IPv6 address]:port or unix:/path"},
      {{"--listen=50051"}, "--listen: \"50051\" is not allowed: an address is"},
      {{"--listen=a:65536"}, "--listen: \"a:65536\" is not allowed: a port is a number from 0 to 65535"},
      {{"--listen=unix:x"},
       "--listen: \"unix:x\" is not allowed: a unix socket is unix: and an absolute path"},
      {{long_unix.c_str()}, "the path of a unix socket has at most 107 bytes"},
      {{"--listen"}, "--listen: needs a value"},
      {{"--listen", "--insecure"}, "--listen: \"--insecure\" is not allowed"},
      {{"--listen=a\nb:1"}, "--listen: \"a\\nb:1\" is not allowed"},
      {{"--ops_listen=x"}, "--ops_listen: \"x\" is not allowed: an address is"},
      {{"--ops_listen=unix:/s"}, "--ops_listen: \"unix:/s\" is not allowed: host:port, or empty for none"},
      {{"--health_listen=127.0.0.1:50051"},
       "--health_listen: \"127.0.0.1:50051\" is not allowed: a port other than --listen"},
      {{"--health_listen=x"}, "--health_listen: \"x\" is not allowed: an address is"},
      {{"--insecure=maybe"}, "--insecure: \"maybe\" is not allowed: true or false"},
      {{"--reflection=2"}, "--reflection: \"2\" is not allowed: true or false"},
      {{"--audit_required=x"}, "--audit_required: \"x\" is not allowed: true or false"},
      {{"--audit_required", "--audit_log=none"}, "--audit_required: needs an --audit_log other than none"},
      {{"--audit_log="}, "--audit_log: \"\" is not allowed: stderr, none or a file"},
      {{"--audit_log=NONE"},
       "--audit_log: \"NONE\" is not allowed: none is written in lower case, and ./NONE names a file"},
      {{"--audit_log=Stderr"}, "--audit_log: \"Stderr\" is not allowed: stderr is written in lower case"},
      {{"--threads=0"}, "--threads: \"0\" is not allowed: a whole number from 1 to 256"},
      {{"--threads=257"}, "--threads: \"257\" is not allowed: a whole number from 1 to 256"},
      {{"--start_timeout=0"}, "--start_timeout: \"0\" is not allowed: a time from 1s to 24h"},
      {{"--drain_timeout=500ms"}, "--drain_timeout: \"500ms\" is not allowed: a time from 1s to 1h"},
      {{"--data_dir="}, "--data_dir: \"\" is not allowed: a folder whose path"},
      {{"--data_dir=a?b"}, "--data_dir: \"a?b\" is not allowed: a folder whose path"},
      {{"--storage=/path/only"}, "--storage: not a URI, which starts with a scheme such as sqlite: or file:"},
      {{"--keyring=:x"}, "--keyring: not a URI"},
      {{"--rate_limiter=a b:x"}, "--rate_limiter: not a URI"},
      {{"--issuer="},
       "--issuer: \"\" is not allowed: 1 to 64 bytes of UTF-8 without a colon and control characters"},
      {{"--issuer=a:b"}, "--issuer: \"a:b\" is not allowed"},
      {{"--issuer=a\tb"}, "--issuer: \"a\\tb\" is not allowed"},
      {{"--issuer=\xc2\x9b"}, "--issuer: \"\\xc2\\x9b\" is not allowed"},
      {{"--issuer=\xff"}, "--issuer: \"\\xff\" is not allowed"},
      {{long_issuer.c_str()}, "is not allowed: 1 to 64 bytes"},
      {{"--pending_ttl=25h"},
       "--pending_ttl: \"25h\" is not allowed: a time from 1s to 24h, such as 30s, 10m or 2h45m"},
      {{"--limit_attempts=0"}, "--limit_attempts: \"0\" is not allowed: a whole number from 1 to 1000000000"},
      {{"--limit_attempts=-1"}, kCount},
      {{"--limit_attempts=1.5"}, kCount},
      {{"--limit_attempts=0x10"}, kCount},
      {{"--limit_attempts=1e3"}, kCount},
      {{"--limit_attempts="}, "--limit_attempts: \"\" is not allowed"},
      {{"--limit_attempts=1000000001"}, kCount},
      {{"--limit_address_attempts=many"},
       "--limit_address_attempts: \"many\" is not allowed: a whole number"},
      {{"--limit_window=100"}, "--limit_window: \"100\" is not allowed: a time from 1s to 8760h"},
      {{"--limit_window=999ms"}, "--limit_window: \"999ms\" is not allowed"},
      {{"--limit_window=-5s"}, "--limit_window: \"-5s\" is not allowed"},
      {{"--limit_window=inf"}, "--limit_window: \"inf\" is not allowed"},
      {{"--limit_window=8761h"}, "--limit_window: \"8761h\" is not allowed"},
      {{"--lock_after=0"},
       "--lock_after: \"0\" is not allowed: a whole number from 1 to 100, which is --permanent_lock_after"},
      {{"--lock_after=101"}, "--lock_after: \"101\" is not allowed"},
      {{"--permanent_lock_after=4"},
       "--lock_after: \"5\" is not allowed: a whole number from 1 to 4, which is --permanent_lock_after"},
      {{"--permanent_lock_after=0"},
       "--permanent_lock_after: \"0\" is not allowed: a whole number from 1 to 1000000000"},
      {{"--lock_initial=2h"}, "--lock_initial: \"2h\" is not allowed: at most --lock_max, which is 1h"},
      {{"--lock_max=1ms"}, "--lock_max: \"1ms\" is not allowed"},
      {{long_value.c_str()}, "9…\" is not allowed"},
      {{"--long_term_refill_per_day=1000001"},
       "--long_term_refill_per_day: \"1000001\" is not allowed: a whole number from 1 to 1000000"},
      {{"--lock_after=1", "--lock_after=2"}, "--lock_after: given more than once"},
      {{"--nonsense=1"}, "--nonsense: there is no such flag; see --help"},
      {{"--lock"}, "--lock: there is no such flag; see --help"},
      {{"-x"}, "-x: there is no such flag; see --help"},
      {{"--insecure", "false"}, "an argument that belongs to no flag: \"false\"; see --help"},
      {{"serve"}, "an argument that belongs to no flag: \"serve\"; see --help"},
      {{""}, "an argument that belongs to no flag: \"\"; see --help"},
  };
  for (const BadFlag& c : cases) {
    const absl::Status status = Parse(c.flags).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.message;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n")));
    EXPECT_LT(status.message().size(), 400U);
  }
}

TEST(Options, T29_PasswordsAppearNowhere) {
  const char kUri[] = "redis://user:hunter2@h:6379/0";
  const std::string storage = std::string("--storage=") + kUri;
  const absl::StatusOr<Options> options = Parse({storage.c_str()});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(Describe(*options), Not(HasSubstr("hunter2")));
  EXPECT_THAT(Describe(*options),
              HasSubstr("storage=redis://***@h:6379/0 rate_limiter=redis://***@h:6379/0"));
  const std::string typo = std::string("--storag=") + kUri;
  const std::string broken = std::string("--storage=re dis://user:hunter2@h");
  for (const std::vector<const char*>& flags :
       {std::vector<const char*>{typo.c_str()}, {"--storag", kUri}, {kUri}, {broken.c_str()}}) {
    const absl::Status status = Parse(flags).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
  }
}

TEST(NamedFiles, NoTwoOptionsUseOneFile) {
  const TempFolder folder;
  const std::string database = folder.File("twofold.db");
  std::ofstream(database) << "x";
  std::filesystem::create_hard_link(database, folder.File("hard"));
  std::filesystem::create_symlink(folder.path(), folder.File("link"));
  const auto check = [&folder](const std::string& flag) {
    const std::string data = "--data_dir=" + folder.path();
    const absl::StatusOr<Options> options = Parse({data.c_str(), flag.c_str()});
    EXPECT_TRUE(options.ok()) << options.status();
    return std::string(CheckFilesApart(*options).message());
  };
  EXPECT_EQ(check("--audit_log=stderr"), "");
  EXPECT_EQ(check("--audit_log=" + folder.File("audit.log")), "");
  for (const std::string& path :
       {database, folder.File("hard"), folder.File("link/twofold.db"), folder.File("./twofold.db-wal")}) {
    EXPECT_THAT(check("--audit_log=" + path), HasSubstr("--storage and --audit_log use the same file"));
    EXPECT_THAT(check("--keyring=file:" + path), HasSubstr("--storage and --keyring use the same file"));
  }
  EXPECT_THAT(check("--audit_log=" + folder.File("keyring.json")),
              HasSubstr("--keyring and --audit_log use the same file"));
  EXPECT_THAT(check("--listen=unix:" + folder.File("link/keyring.json")),
              HasSubstr("--keyring and --listen use the same file"));
}

TEST(Options, HelpNamesEveryFlagItsDefaultAndItsVariable) {
  const absl::StatusOr<Options> options = Parse({"--help"});
  ASSERT_TRUE(options.ok()) << options.status();
  for (const char* part :
       {"--listen ADDR", "TWOFOLD_LISTEN", "127.0.0.1:50051", "--long_term_refill_per_day", "--insecure",
        "Guessing: the rate limiter", "100 is the maximum of NIST SP 800-63B-4, 3.2.2"}) {
    EXPECT_THAT(options->exit_text, HasSubstr(part));
  }
}

TEST(Options, HelpAndVersionComeFirst) {
  EXPECT_EQ(Parse({"--version"})->exit_text, "twofold-server 0.1.0\n");
  EXPECT_FALSE(Parse({"--help", "--permanent_lock_after=0"})->exit_text.empty());
}

}  // namespace
}  // namespace twofold
