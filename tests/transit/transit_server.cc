#include "tests/transit/transit_server.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"

namespace twofold {

TransitServer::TransitServer(const TlsFiles* tls) : tls_(tls) {
  SetToken("s.first");
  std::vector<std::string> arguments = {token_file_};
  if (tls != nullptr) arguments.insert(arguments.end(), {tls->server_certificate(), tls->server_key()});
  server_ = std::make_unique<PythonServer>("tests/transit/transit_server.py", arguments);
}

std::string TransitServer::place() const { return absl::StrCat("//127.0.0.1:", server_->port()); }

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

}  // namespace twofold
