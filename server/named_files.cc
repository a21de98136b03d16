#include "server/named_files.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/builtins.h"
#include "storage/backend_uri.h"

namespace twofold {
namespace {

struct NamedFile {
  std::string option;
  std::filesystem::path path;
};

std::vector<NamedFile> FilesOf(const Options& options) {
  std::vector<NamedFile> files;
  if (BuiltinStorages([](const std::string&) {}).TraitsOf(options.storage).embedded) {
    if (const auto path = FilePathOf(*ParseBackendUri(options.storage)); path.ok()) {
      for (const char* const suffix : {"", "-wal", "-shm", "-journal"}) {
        files.push_back({"--storage", absl::StrCat(*path, suffix)});
      }
    }
  }
  if (const auto source = BuiltinKeySources().Open(options.keyring); source.ok()) {
    files.push_back({"--keyring", (*source)->file()});
  }
  if (options.audit_log != "stderr" && options.audit_log != "none") {
    files.push_back({"--audit_log", options.audit_log});
  }
  for (const auto& [option, path] :
       {std::pair("--tls_cert", &options.tls_cert), std::pair("--tls_key", &options.tls_key),
        std::pair("--tls_client_ca", &options.tls_client_ca),
        std::pair("--authz_policy", &options.authz_policy)}) {
    if (!path->empty()) files.push_back({option, *path});
  }
  for (const auto& [option, address] :
       {std::pair("--listen", &options.listen), std::pair("--health_listen", &options.health_listen)}) {
    absl::string_view socket = *address;
    if (absl::ConsumePrefix(&socket, "unix:")) files.push_back({option, std::string(socket)});
  }
  return files;
}

// The files may be missing.
bool IsSameFile(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code error;
  if (std::filesystem::equivalent(one, other, error)) return true;
  const std::filesystem::path one_path =
      std::filesystem::weakly_canonical(std::filesystem::absolute(one, error), error);
  if (error) return false;
  return one_path == std::filesystem::weakly_canonical(std::filesystem::absolute(other, error), error) &&
         !error;
}

}  // namespace

std::vector<std::string> FilesBesideAuditLog(const Options& options) {
  std::vector<std::string> paths;
  for (const NamedFile& file : FilesOf(options)) {
    if (file.option != "--audit_log") paths.push_back(file.path.string());
  }
  return paths;
}

absl::Status CheckOutputApart(const Options& options, Output output) {
  for (const NamedFile& file : FilesOf(options)) {
    if (file.option == "--audit_log" || !IsFileAt(output, file.path)) continue;
    return absl::InvalidArgumentError(absl::StrCat(output == Output::kStderr ? "stderr" : "stdout",
                                                   " is redirected into ", file.path.string(), ", which ",
                                                   file.option, " uses: redirect it elsewhere"));
  }
  return absl::OkStatus();
}

absl::Status CheckFilesApart(const Options& options) {
  const std::vector<NamedFile> files = FilesOf(options);
  for (size_t i = 0; i < files.size(); ++i) {
    for (size_t j = i + 1; j < files.size(); ++j) {
      if (files[i].option == files[j].option || !IsSameFile(files[i].path, files[j].path)) continue;
      return absl::InvalidArgumentError(absl::StrCat(files[i].option, " and ", files[j].option,
                                                     " use the same file, ", files[j].path.string(),
                                                     ": give each a file of its own"));
    }
  }
  return absl::OkStatus();
}

}  // namespace twofold
