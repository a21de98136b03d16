#include "tests/transit/transit_server.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/harness/await.h"
#include "tests/harness/server_process.h"
#include "tests/redis/harness/child_process.h"

namespace twofold {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

TransitServer::TransitServer(const TlsFiles* tls) : tls_(tls) {
  SetToken("s.first");
  std::vector<std::string> command = {"python3", BuiltBinary("tests/transit/transit_server.py"), token_file_};
  if (tls != nullptr) command.insert(command.end(), {tls->server_certificate(), tls->server_key()});
  const std::string log = folder_.File("log");
  pid_ = StartChild(command, log);
  AwaitOrAbort(
      "the Transit server listens", absl::Seconds(60),
      [&] {
        const std::string text = ReadFile(log);
        absl::string_view line = text;
        if (!absl::ConsumePrefix(&line, "port ") || !absl::ConsumeSuffix(&line, "\n")) return false;
        port_ = std::string(line);
        return true;
      },
      [&] { return ReadFile(log); });
}

TransitServer::~TransitServer() { Stop(); }

std::string TransitServer::place() const { return absl::StrCat("//127.0.0.1:", port_); }

std::string TransitServer::Uri(const std::string& keyring, const std::string& key) const {
  return absl::StrCat(tls_ == nullptr ? "transit+http:" : "transit+https:", place(), "/transit/", key,
                      "?keyring=", keyring, "&token_file=", token_file_,
                      tls_ == nullptr ? "" : absl::StrCat("&ca=", tls_->ca()));
}

void TransitServer::SetToken(const std::string& token) const {
  std::ofstream(token_file_ + ".new") << token << "\n";
  chmod((token_file_ + ".new").c_str(), 0600);
  std::filesystem::rename(token_file_ + ".new", token_file_);
}

void TransitServer::Seal() const { std::ofstream(folder_.File("SEALED")) << "sealed"; }
void TransitServer::Unseal() const { std::filesystem::remove(folder_.File("SEALED")); }

void TransitServer::Stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace twofold
