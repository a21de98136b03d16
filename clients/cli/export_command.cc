#include <google/protobuf/util/json_util.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/cli/commands.h"
#include "clients/cli/local_output.h"
#include "clients/cli/private_file.h"
#include "common/trusted_file.h"
#include "crypto/cms.h"
#include "crypto/system_random.h"

namespace twofold {
namespace {

constexpr size_t kMaxPemBytes = size_t{1} << 20;

struct Options {
  std::string file;
  std::string certificate;
  std::string password_file;
  std::string format = "sealed";
  bool in_clear = false;
  std::vector<std::string> tenants;
};

// The result of writing, for a person and for a program.
int Report(Session& session, const Options& o, const v1::ExportMethodsResponse& counts) {
  JsonObject json;
  json.Set("file", o.file).Set("subjects", counts.subject_count()).Set("methods", counts.method_count());
  json.Set("unreadable", counts.unreadable_count());
  std::string text = absl::StrCat("exported: ", counts.method_count(), " methods of ", counts.subject_count(),
                                  " users, in ", o.file, "\n");
  if (counts.unreadable_count() > 0) {
    absl::StrAppend(&text, "left out because the server cannot open them: ", counts.unreadable_count(), "\n");
  }
  const int exit_code = session.Print(session.json ? json.Line() : text);
  return exit_code == 0 && counts.unreadable_count() > 0 ? kRefused : exit_code;
}

int FailToWrite(Session& session, const std::string& path, const std::string& reason) {
  return FailLocally(session, absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", reason,
                                                                  "; nothing was exported")));
}

v1::ExportMethodsRequest NewRequest(Session& session, const Options& o) {
  v1::ExportMethodsRequest request;
  for (const std::string& tenant : o.tenants) request.add_tenants(tenant);
  if (!session.tenant.empty()) request.add_tenants(session.tenant);
  return request;
}

// Fetches the file and hands its pieces to `take`, which returns false to stop.
Result<v1::ExportMethodsResponse> Fetch(Session& session, const v1::ExportMethodsRequest& request,
                                        const std::function<bool(absl::string_view)>& take) {
  ProgressBar bar(session);
  return session.Client().ExportMethods(request, [&](const v1::ExportMethodsResponse& response) {
    bar.Show("exporting", response.subject_count(), 0, "users");
    return take(response.chunk());
  });
}

int ExportSealed(Session& session, const Options& o) {
  v1::ExportMethodsRequest request = NewRequest(session, o);
  if (!o.certificate.empty()) {
    const absl::Status read =
        ReadTrustedFile(o.certificate, Secrecy::kPublic, kMaxPemBytes, *request.mutable_certificate_pem());
    if (!read.ok())
      throw CLI::ValidationError(absl::StrCat("--certificate: ", o.certificate, ": ", read.message()));
  } else {
    request.set_password(session.SecretFile(o.password_file));
  }
  PrivateFile file("FILE", o.file);
  bool written = true;
  const auto result = Fetch(session, request, [&](absl::string_view chunk) {
    written = file.Write(chunk);
    return written;
  });
  WipeString(*request.mutable_password());
  if (!written) return FailToWrite(session, o.file, file.reason());
  if (!result.ok()) return session.Fail(result.error());
  if (!file.Keep()) return FailToWrite(session, o.file, file.reason());
  return Report(session, o, *result);
}

// The line of a method in a list of URIs. Other systems skip the line that names the user.
std::string UriLines(const v1::PortableMethod& method) {
  return absl::StrCat(
      "# user ", absl::CHexEscape(method.user_id()),
      method.tenant().empty() ? "" : absl::StrCat(" tenant ", absl::CHexEscape(method.tenant())), "\n",
      method.otpauth_uri(), "\n");
}

// Writes the URIs of `content`. Returns the number of methods that have none, such as backup codes.
std::optional<int64_t> WriteUris(const SecretBytes& content, PrivateFile& file) {
  int64_t left_out = 0;
  for (const absl::string_view line : absl::StrSplit(content.text(), '\n', absl::SkipEmpty())) {
    v1::PortableMethod method;
    const std::string json(line);
    if (!google::protobuf::util::JsonStringToMessage(json, &method).ok() || method.otpauth_uri().empty()) {
      ++left_out;
    } else if (!file.Write(UriLines(method))) {
      return std::nullopt;
    }
  }
  return left_out;
}

// The server seals for a password that nobody else ever knows.
int ExportInClear(Session& session, const Options& o) {
  session.console.Complain(
      absl::StrCat("warning: ", o.file,
                   " will hold the secrets of all users in clear. Whoever reads it can log "
                   "in as any of them. Delete it as soon as the other system has them."));
  constexpr size_t kPasswordBytes = 32;
  v1::ExportMethodsRequest request = NewRequest(session, o);
  request.set_password(absl::BytesToHexString(RandomBytes(SystemRandom(), kPasswordBytes)));
  PrivateFile file("FILE", o.file);
  std::string sealed;
  const auto result = Fetch(session, request, [&sealed](absl::string_view chunk) {
    absl::StrAppend(&sealed, chunk);
    return true;
  });
  if (!result.ok()) return session.Fail(result.error());
  CmsOpener opener;
  opener.password = SecretBytes::FromString(request.password());
  const absl::StatusOr<SecretBytes> content = OpenCms(sealed, opener);
  if (!content.ok()) return FailLocally(session, absl::DataLossError(content.status().message()));
  const std::optional<int64_t> left_out = WriteUris(*content, file);
  if (!left_out.has_value() || !file.Keep()) return FailToWrite(session, o.file, file.reason());
  v1::ExportMethodsResponse counts = *result;
  counts.set_method_count(counts.method_count() - *left_out);
  if (*left_out > 0) {
    session.console.Complain(absl::StrCat(
        "left out: ", *left_out, " sets of backup codes. They are hashes, which no other system can check."));
  }
  return Report(session, o, counts);
}

int Export(Session& session, const Options& o) {
  const int recipients = (o.certificate.empty() ? 0 : 1) + (o.password_file.empty() ? 0 : 1);
  if (o.format == "otpauth") {
    if (!o.in_clear) {
      throw CLI::ValidationError(
          "--format otpauth writes all secrets in clear; add --in-clear if you mean it");
    }
    if (recipients > 0) throw CLI::ValidationError("--format otpauth is in clear, so it has no recipient");
    return ExportInClear(session, o);
  }
  if (o.in_clear) throw CLI::ValidationError("--in-clear is for --format otpauth");
  if (recipients != 1) {
    throw CLI::ValidationError("name who can open the file: --certificate FILE or --password-file FILE");
  }
  return ExportSealed(session, o);
}

}  // namespace

void AddExportCommand(CLI::App& admin, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      AddCommand(admin, "export", "Write all users' methods to a sealed file, which 'import' reads",
                 "twofold admin export users.p7m --certificate recipient.pem");
  command->add_option("FILE", options->file, "A new file, readable by its owner alone")->required();
  command
      ->add_option("--certificate", options->certificate,
                   "PEM: only the owner of this certificate's key can open the file")
      ->type_name("FILE");
  command
      ->add_option("--password-file", options->password_file,
                   "Only who knows the password in this file, or on standard input (-), can open the file")
      ->type_name("FILE");
  command->add_option("--format", options->format, "sealed (CMS), or otpauth: a list of otpauth:// URIs")
      ->check(CLI::IsMember({"sealed", "otpauth"}))
      ->capture_default_str();
  command->add_flag("--in-clear", options->in_clear, "Confirm that --format otpauth writes secrets in clear");
  command->add_option("--tenants", options->tenants, "Only these tenants (default: all that you may use)")
      ->type_name("TENANT");
  command->callback(
      [options, &session] { session.action = [options, &session] { return Export(session, *options); }; });
}

}  // namespace twofold
