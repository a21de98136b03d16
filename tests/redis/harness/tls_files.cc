#include "tests/redis/harness/tls_files.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "tests/harness/tool.h"

namespace twofold {
namespace {

// Strict clients want them.
constexpr char kKeyIds[] = "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always\n";

void OpenSsl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const ToolResult result = RunTool(arguments);
  if (result.exit_code == 0) return;
  std::cerr << "openssl failed: " << result.err << "\n";
  std::abort();
}

}  // namespace

TlsFiles::TlsFiles(const std::string& server_names) {
  // A configuration of our own: the system's adds extensions that contradict these.
  const std::string configuration = folder_.File("openssl.cnf");
  std::ofstream(configuration)
      << "[req]\ndistinguished_name = name\n[name]\n"
      << "[ca]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign\n"
      << kKeyIds << "[server]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\n"
      << "subjectAltName = " << server_names << "\n"
      << kKeyIds << "[client]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = clientAuth\n"
      << kKeyIds;
  const auto certificate = [&](const std::string& who, std::vector<std::string> more) {
    std::vector<std::string> arguments = {"req",
                                          "-x509",
                                          "-config",
                                          configuration,
                                          "-extensions",
                                          who,
                                          "-newkey",
                                          "ec",
                                          "-pkeyopt",
                                          "ec_paramgen_curve:prime256v1",
                                          "-nodes",
                                          "-days",
                                          "1",
                                          "-subj",
                                          "/CN=twofold test " + who,
                                          "-keyout",
                                          folder_.File(who + ".key"),
                                          "-out",
                                          folder_.File(who + ".crt")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    OpenSsl(arguments);
  };
  certificate("ca", {});
  const std::vector<std::string> signed_by = {"-CA", ca(), "-CAkey", folder_.File("ca.key")};
  certificate("server", signed_by);
  certificate("client", signed_by);
}

}  // namespace twofold
