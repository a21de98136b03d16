// How the server starts, and what it refuses to start with: one clear line, exit 1, and nothing made.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

class Start : public ::testing::Test {
 protected:
  // The error line; log lines, which begin with a time, are left out.
  std::string Refused(const std::vector<std::string>& flags) {
    std::vector<std::string> command = {"timeout", "20", BuiltBinary("server/twofold-server")};
    // A flag may be given once, so the defaults of these tests yield to the case's own.
    for (const std::string& usual :
         {std::string("--listen=127.0.0.1:0"), std::string("--ops_listen="), "--data_dir=" + data_}) {
      const std::string name = usual.substr(0, usual.find('=') + 1);
      const bool given = std::any_of(flags.begin(), flags.end(), [&name](const std::string& flag) {
        return absl::StartsWith(flag, name);
      });
      if (!given) command.push_back(usual);
    }
    command.insert(command.end(), flags.begin(), flags.end());
    const ToolResult result = RunTool(command);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_FALSE(absl::StrContains(result.err, "listening on")) << result.err;
    const size_t at = result.err.find("twofold-server: ");
    const std::string error = at == std::string::npos ? result.err : result.err.substr(at);
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1) << error;
    return error;
  }

  // A data directory that a server has used.
  void MakeStore() {
    ServerProcess server(data_);
    EXPECT_EQ(server.Terminate(), 0);
  }

  void Write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
  }

  TempFolder folder_;
  std::string data_ = folder_.File("data");
};

TEST_F(Start, BadFlags) {
  const std::pair<const char*, const char*> kCases[] = {
      {"--nonsense=1", "nonsense"},
      {"--listen=somewhere", "--listen"},
      {"--listen=0.0.0.0:50051", "--insecure"},
      {"--limit_attempts=0", "--limit_attempts"},
      {"--limit_window=fast", "--limit_window"},
      {"--lock_initial=2h", "--lock_initial"},
      {"--long_term_budget=-1", "--long_term_budget"},
      {"--issuer=", "--issuer"},
      {"--storage=mysql://db", "mysql"},
      {"--storage=nonsense", "storage"},
      {"--rate_limiter=memcached:", "memcached"},
      {"--keyring=kms:key", "--keyring"},
      {"--audit_log=/nonexistent/audit.log", "/nonexistent/audit.log"},
      {"--ops_listen=nowhere", "--ops_listen"},
  };
  for (const auto& [flag, named] : kCases) {
    const std::string error = Refused({flag});
    EXPECT_TRUE(absl::StrContains(error, named)) << flag << " -> " << error;
    EXPECT_FALSE(std::filesystem::exists(data_)) << flag;
  }
}

// What is made is made last: a folder with an empty store would pass for one that was started before.
TEST_F(Start, NothingIsMadeBeforeEverythingElseHasSucceeded) {
  const ServerProcess first(folder_.File("first"), {"--health_listen=127.0.0.1:0"});
  const std::string elsewhere = folder_.File("elsewhere.db");
  const std::pair<std::vector<std::string>, std::string> kCases[] = {
      {{"--listen=" + first.address()}, "cannot listen on " + first.address() + ": Address already in use"},
      {{"--ops_listen=" + first.ops_address()}, "Address already in use"},
      {{"--health_listen=" + first.address()}, "Address already in use"},
      {{"--listen=192.0.2.1:1", "--insecure"}, "Cannot assign requested address"},
      {{"--listen=unix:/nonexistent/socket"}, "No such file or directory"},
      {{"--audit_log=/nonexistent/audit.log"}, "No such file or directory"},
      {{"--rate_limiter=redis://127.0.0.1:1?nonsense=1"}, "nonsense"},
      {{"--storage=sqlite:" + elsewhere}, "make one with"},
      {{"--keyring=file:" + folder_.File("ring.json")}, "make one with"},
      {{"--keyring=memory:"}, "for --storage=memory: alone"},
  };
  for (const auto& [flags, reason] : kCases) {
    const std::string error = Refused(flags);
    EXPECT_TRUE(absl::StrContains(error, reason)) << error;
    EXPECT_FALSE(std::filesystem::exists(data_)) << error;
    EXPECT_FALSE(std::filesystem::exists(elsewhere)) << error;
  }
}

TEST_F(Start, ADataDirectoryThatIsNotThereYetMayEndWithASlash) {
  ServerProcess server(data_, {"--data_dir=" + data_ + "/"});
  EXPECT_EQ(server.Terminate(), 0);
  EXPECT_TRUE(std::filesystem::exists(data_ + "/keyring.json"));
}

TEST_F(Start, AStoreInMemoryNeedsNoFile) {
  ServerProcess server(data_, {"--storage=memory:"});
  EXPECT_EQ(server.Page("/readyz"), "200 ok\n");
  EXPECT_TRUE(absl::StrContains(server.Log(), "W storage and key ring are in memory")) << server.Log();
  EXPECT_EQ(server.Terminate(), 0);
  EXPECT_FALSE(std::filesystem::exists(data_));
}

TEST_F(Start, MisspeltVariablesAreNamedWithoutTheirValues) {
  setenv("TWOFOLD_STORGE", "redis://:hunter2@h", 1);
  ServerProcess server(data_);
  unsetenv("TWOFOLD_STORGE");
  server.AwaitLine(
      "W the environment variable TWOFOLD_STORGE is not known and has no effect; "
      "did you mean TWOFOLD_STORAGE?");
  EXPECT_FALSE(absl::StrContains(server.Log(), "hunter2")) << server.Log();
  EXPECT_EQ(server.Terminate(), 0);
}

TEST_F(Start, ALostKeyRingIsNotReplaced) {
  MakeStore();
  ASSERT_EQ(RunTool({"rm", data_ + "/keyring.json"}).exit_code, 0);
  EXPECT_TRUE(absl::StrContains(Refused({}), "keyring.json"));
  EXPECT_EQ(RunTool({"ls", data_ + "/keyring.json"}).exit_code, 2);
}

TEST_F(Start, AKeyRingOfAnotherStoreIsRefused) {
  MakeStore();
  const std::string first = folder_.File("first.json");
  ASSERT_EQ(RunTool({"mv", data_ + "/keyring.json", first}).exit_code, 0);
  ServerProcess other(folder_.File("other"));
  EXPECT_EQ(other.Terminate(), 0);
  EXPECT_TRUE(
      absl::StrContains(Refused({"--keyring=file:" + folder_.File("other/keyring.json")}), "key ring"));
}

TEST_F(Start, ADamagedKeyRingIsNamed) {
  MakeStore();
  for (const char* text : {"", "{", "{\"version\":1}", "[]"}) {
    Write(data_ + "/keyring.json", text);
    EXPECT_TRUE(absl::StrContains(Refused({}), data_ + "/keyring.json")) << text;
  }
}

TEST_F(Start, AKeyRingThatIsNoFileIsRefusedAtOnce) {
  MakeStore();
  const std::string pipe = folder_.File("pipe");
  ASSERT_EQ(RunTool({"mkfifo", "-m", "600", pipe}).exit_code, 0);
  const std::pair<std::string, const char*> kCases[] = {
      {pipe, "is a named pipe"},
      {folder_.path(), "is a folder"},
      {"/dev/zero", "is a device"},
      {"/proc/self/mem", "is empty"},
  };
  for (const auto& [path, why] : kCases) {
    const std::string error = Refused({"--keyring=file:" + path});
    EXPECT_TRUE(absl::StrContains(error, path)) << error;
    EXPECT_TRUE(absl::StrContains(error, why)) << error;
  }
}

TEST_F(Start, WhatOthersMayChangeIsRefusedWithTheCommandThatMendsIt) {
  MakeStore();
  const std::string ring = data_ + "/keyring.json";
  const std::string database = data_ + "/twofold.db";
  const struct {
    const char* mode;
    std::string path;
    std::string mend;
    const char* right;
  } kCases[] = {
      {"666", ring, "chmod o-rw " + ring, "600"},
      {"644", ring, "chmod o-r " + ring, "600"},
      {"666", database, "chmod o-w " + database, "600"},
      {"777", data_, "chmod o-w " + data_, "700"},
  };
  for (const auto& c : kCases) {
    ASSERT_EQ(RunTool({"chmod", c.mode, c.path}).exit_code, 0);
    const std::string error = Refused({});
    EXPECT_TRUE(absl::StrContains(error, "(mode 0")) << error;
    EXPECT_TRUE(absl::StrContains(error, c.mend)) << error;
    ASSERT_EQ(RunTool({"chmod", c.right, c.path}).exit_code, 0);
  }
  EXPECT_EQ(ServerProcess(data_).Terminate(), 0);
}

TEST_F(Start, TwoOptionsWithOneFileAreRefusedBeforeItIsTouched) {
  MakeStore();
  const std::string ring = data_ + "/keyring.json";
  const std::string before = RunTool({"cat", ring}).out;
  EXPECT_TRUE(absl::StrContains(Refused({"--audit_log=" + ring}), "--keyring and --audit_log"));
  EXPECT_EQ(RunTool({"cat", ring}).out, before);
  EXPECT_TRUE(
      absl::StrContains(Refused({"--keyring=file:" + data_ + "/twofold.db"}), "--storage and --keyring"));
  EXPECT_EQ(ServerProcess(data_).Terminate(), 0);
}

TEST_F(Start, OtherStorageNeedsAKeyRingAndTheErrorSaysHowToMakeOne) {
  const std::string ring = data_ + "/keyring.json";
  const std::string elsewhere = "--storage=sqlite:" + folder_.File("elsewhere.db");
  EXPECT_TRUE(absl::StrContains(Refused({elsewhere}), "make one with: twofold admin keyring new " + ring));
  ASSERT_EQ(RunTool({BuiltBinary("clients/cli/twofold"), "admin", "keyring", "new", ring}).exit_code, 0);
  EXPECT_EQ(ServerProcess(data_, {elsewhere}).Terminate(), 0);
  // A store that holds records needs the ring that it was written with, not a new one.
  ASSERT_EQ(RunTool({"rm", ring}).exit_code, 0);
  const std::string lost = Refused({elsewhere});
  EXPECT_TRUE(absl::StrContains(lost, "holds records that only it can open")) << lost;
  EXPECT_FALSE(absl::StrContains(lost, "keyring new")) << lost;
  // Whether a storage that is not there holds any cannot be told.
  const std::string unknown = Refused({"--storage=redis://127.0.0.1:1"});
  EXPECT_TRUE(absl::StrContains(unknown, "whether the storage needs it is not known: cannot connect"))
      << unknown;
  EXPECT_FALSE(absl::StrContains(unknown, "keyring new")) << unknown;
}

TEST_F(Start, L6_DatabasesThatAreNotOursAreRefused) {
  MakeStore();
  const std::string db = data_ + "/twofold.db";
  ASSERT_EQ(RunTool({"sqlite3", db, "PRAGMA user_version=99"}).exit_code, 0);
  EXPECT_TRUE(absl::StrContains(Refused({}), "newer"));
  Write(db, std::string(8192, 'x'));
  EXPECT_TRUE(absl::StrContains(Refused({}), db));
  ASSERT_EQ(RunTool({"rm", db}).exit_code, 0);
  ASSERT_EQ(RunTool({"sqlite3", db, "CREATE TABLE users (id)"}).exit_code, 0);
  EXPECT_TRUE(absl::StrContains(Refused({}), db));
}

TEST_F(Start, AReadOnlyFolderIsNamed) {
  // Root may write anywhere but into the kernel's own file systems.
  EXPECT_TRUE(absl::StrContains(Refused({"--data_dir=/proc/twofold"}), "/proc/twofold"));
}

TEST_F(Start, T42_ASecondServerOnTheSameFileIsRefused) {
  ServerProcess first(data_);
  EXPECT_TRUE(absl::StrContains(Refused({}), "twofold.db"));
}

TEST_F(Start, T42_ASecondServerByAnotherNameOfTheFileIsRefused) {
  ServerProcess first(data_);
  const std::string hard = folder_.File("hard.db");
  ASSERT_EQ(RunTool({"ln", data_ + "/twofold.db", hard}).exit_code, 0);
  ASSERT_EQ(RunTool({"rm", "-f", data_ + "/twofold.db.lock"}).exit_code, 0);
  const std::string ring = "--keyring=file:" + data_ + "/keyring.json";
  EXPECT_TRUE(absl::StrContains(Refused({"--storage=sqlite:" + hard, ring}), "another server or command"));
  EXPECT_TRUE(absl::StrContains(Refused({}), "another server or command"));
  EXPECT_EQ(first.Terminate(), 0);
  // What only the log holds would be missed by the other name.
  EXPECT_TRUE(absl::StrContains(Refused({"--storage=sqlite:" + hard, ring}), "has 2 names (hard links)"));
}

TEST_F(Start, T42_ALivingUnixSocketIsRefusedAndADeadOneReplaced) {
  const std::string path = folder_.File("socket");
  const std::string flag = "--health_listen=unix:" + path;
  ServerProcess first(folder_.File("first"), {flag, "--listen_mode=0660"});
  for (const std::string& taken : {flag, "--listen=unix:" + path}) {
    EXPECT_TRUE(absl::StrContains(Refused({taken}), "another process listens there"));
  }
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0660});
  first.Kill();
  EXPECT_TRUE(std::filesystem::exists(path));
  ServerProcess second(folder_.File("second"), {flag});
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0600});
  EXPECT_EQ(second.Terminate(), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Start, ReflectionIsServedWhereTheFlagSaysSo) {
  for (const bool wanted : {true, false}) {
    ServerProcess server(data_, {absl::StrCat("--reflection=", wanted)});
    const auto stub = grpc::reflection::v1::ServerReflection::NewStub(
        grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    const auto stream = stub->ServerReflectionInfo(&context);
    stream->WritesDone();
    EXPECT_EQ(stream->Finish().error_code(), wanted ? grpc::StatusCode::OK : grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(server.Terminate(), 0);
  }
}

TEST_F(Start, ATakenPortIsNamed) {
  ServerProcess first(folder_.File("first"));
  EXPECT_TRUE(absl::StrContains(Refused({"--listen=" + first.address()}), first.address()));
}

}  // namespace
}  // namespace twofold
