#include "tests/harness/certificates.h"

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

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

// The arguments that make a new key, and something in its name that it has signed.
std::vector<std::string> NewKey(const std::string& name, const std::string& key) {
  return {"req",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:prime256v1",
          "-nodes",
          "-subj",
          "/CN=twofold test " + name,
          "-keyout",
          key};
}

}  // namespace

TestAuthority::TestAuthority() {
  // A configuration of our own: the system's adds extensions that contradict these.
  std::ofstream(File("ca.cnf")) << "[req]\ndistinguished_name = name\n[name]\n[extensions]\n"
                                << "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign\n"
                                << kKeyIds;
  std::vector<std::string> arguments = NewKey("ca", File("ca.key"));
  arguments.insert(arguments.end(), {"-x509", "-config", File("ca.cnf"), "-extensions", "extensions", "-days",
                                     "2", "-out", certificate()});
  OpenSsl(arguments);
}

TestAuthority::Pair TestAuthority::Issue(const std::string& name, const std::vector<std::string>& names,
                                         int days, const std::string& usage) {
  const Pair pair{File(name + ".crt"), File(name + ".key")};
  std::ofstream extensions(File(name + ".cnf"));
  extensions << "basicConstraints = CA:FALSE\nextendedKeyUsage = " << usage << "\n" << kKeyIds;
  if (!names.empty()) extensions << "subjectAltName = " << absl::StrJoin(names, ",") << "\n";
  extensions.close();
  std::vector<std::string> arguments = NewKey(name, pair.key);
  arguments.insert(arguments.end(), {"-new", "-config", File("ca.cnf"), "-out", File(name + ".csr")});
  OpenSsl(arguments);
  OpenSsl({"x509", "-req", "-in", File(name + ".csr"), "-CA", certificate(), "-CAkey", File("ca.key"),
           "-CAcreateserial", "-days", absl::StrCat(days), "-extfile", File(name + ".cnf"), "-out",
           pair.certificate});
  return pair;
}

}  // namespace twofold
