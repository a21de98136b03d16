#include "tests/delivery/receiver.h"

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace twofold {
namespace {

// A reader never sees a half.
void Write(const std::string& path, const std::string& text) {
  std::ofstream(path + ".new") << text << "\n";
  chmod((path + ".new").c_str(), S_IRUSR | S_IWUSR);
  std::filesystem::rename(path + ".new", path);
}

}  // namespace

std::string NewWebhookSecret() {
  const std::string random = RunTool({"openssl", "rand", "-base64", "32"}).out;
  return absl::StrCat("whsec_", absl::StripSuffix(random, "\n"));
}

Receiver::Receiver(const std::string& kind, const TestAuthority::Pair& certificate) : kind_(kind) {
  const std::string secret = NewWebhookSecret();
  SetSecrets(secret, secret);
  Write(folder_.File("password"), "open sesame");
  WriteFaults();
  server_ = std::make_unique<PythonServer>(
      "tests/delivery/receiver.py",
      std::vector<std::string>{kind, folder_.path(), certificate.certificate, certificate.key});
}

void Receiver::Fail(const std::string& destination, const std::string& fault) {
  faults_[destination] = fault;
  WriteFaults();
}

void Receiver::WriteFaults() const { Write(folder_.File("faults"), nlohmann::json(faults_).dump()); }

std::vector<nlohmann::json> Receiver::Arrived(const std::string& destination) const {
  std::ifstream in(folder_.File("arrived"));
  std::vector<nlohmann::json> arrived;
  for (std::string line; std::getline(in, line);) {
    // The last line may still be written.
    nlohmann::json message = nlohmann::json::parse(line, nullptr, false);
    if (message.is_discarded()) break;
    if (destination.empty() || message["destination"] == destination) arrived.push_back(std::move(message));
  }
  return arrived;
}

std::string Receiver::LastCode(const std::string& destination) const {
  const std::vector<nlohmann::json> arrived = Arrived(destination);
  return arrived.empty() ? "" : arrived.back()["code"].get<std::string>();
}

void Receiver::Freeze() const { kill(server_->pid(), SIGSTOP); }
void Receiver::Thaw() const { kill(server_->pid(), SIGCONT); }

std::string Receiver::Uri(const std::string& ca, const std::string& more) const {
  const std::string authority = absl::StrCat("127.0.0.1:", server_->port());
  const std::string options = absl::StrCat("ca_file=", ca, more);
  if (kind_ == "webhook") {
    return absl::StrCat("https://", authority, "/codes?secret_file=", folder_.File("secret"), "&", options);
  }
  return absl::StrCat(kind_ == "smtps" ? "smtps" : "smtp", "://mailer@", authority,
                      "?from=noreply@mail.example.com&password_file=", folder_.File("password"), "&",
                      options);
}

void Receiver::SetSecrets(const std::string& of_server, const std::string& of_receiver) const {
  Write(folder_.File("secret"), of_server);
  Write(folder_.File("secrets"), of_receiver);
}

}  // namespace twofold
