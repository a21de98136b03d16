#include "clients/formats/portable.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/formats/text.h"
#include "common/status_macros.h"
#include "server/methods/otp/otpauth_uri.h"

namespace twofold {
namespace {

void SetTimestamp(absl::Time time, google::protobuf::Timestamp& timestamp) {
  timestamp.set_seconds(absl::ToUnixSeconds(time));
}

std::string UriOf(ImportedEntry& entry, const PortableOptions& options) {
  OtpauthUri uri;
  uri.type = entry.type;
  uri.secret = std::move(entry.secret);
  uri.issuer = entry.issuer.empty() ? options.issuer : entry.issuer;
  uri.account_name = entry.account;
  uri.algorithm = entry.algorithm.value_or(kDefaultAlgorithm);
  uri.digits = entry.digits.value_or(kDefaultDigits);
  uri.period_seconds = entry.period_seconds.value_or(kDefaultPeriodSeconds);
  uri.counter = entry.counter.value_or(0);
  return FormatOtpauthUri(uri);
}

// The other system took codes of the step before and the step after as well.
void SetUsedSteps(const ImportedEntry& entry, absl::Time now, v1::PortableMethod& method) {
  if (!entry.last_used.has_value() || *entry.last_used > now) return;
  SetTimestamp(*entry.last_used, *method.mutable_last_used_time());
  if (entry.type != OtpType::kTotp) return;
  const int64_t step =
      absl::ToUnixSeconds(*entry.last_used) / entry.period_seconds.value_or(kDefaultPeriodSeconds);
  method.set_next_time_step(step + 2);
}

v1::PortableMethod MethodOf(ImportedEntry& entry, const MappedUser* mapped, const PortableOptions& options) {
  v1::PortableMethod method;
  method.set_tenant(mapped != nullptr && !mapped->tenant.empty() ? mapped->tenant : options.tenant);
  method.set_user_id(mapped != nullptr ? mapped->user : entry.user);
  method.set_description(entry.description.empty() ? entry.serial : entry.description);
  if (mapped != nullptr && !mapped->description.empty()) method.set_description(mapped->description);
  if (entry.type == OtpType::kTotp) method.set_clock_offset_steps(entry.clock_offset_steps);
  if (entry.created.has_value() && *entry.created <= options.now) {
    SetTimestamp(*entry.created, *method.mutable_create_time());
    SetTimestamp(*entry.created, *method.mutable_confirm_time());
  }
  SetUsedSteps(entry, options.now, method);
  method.set_otpauth_uri(UriOf(entry, options));
  return method;
}

// Says how to name the user of an entry that nobody names.
std::string NoUser(const PortableOptions& options) {
  if (options.users == nullptr) return "does not say to which user it belongs: add --user-map";
  return absl::StrCat("is not in the user map, whose first column is ", options.users->key_column());
}

}  // namespace

PortableFile ToPortable(ParsedFile file, const PortableOptions& options) {
  PortableFile portable;
  portable.errors = std::move(file.errors);
  portable.notes = std::move(file.notes);
  portable.entries.reserve(file.entries.size());
  for (ImportedEntry& entry : file.entries) {
    const MappedUser* mapped = options.users == nullptr ? nullptr : options.users->Find(entry);
    const bool known = options.users == nullptr ? !entry.user.empty() : mapped != nullptr;
    std::string name = EntryName(entry);
    if (!known) {
      portable.errors.push_back({entry.position, std::move(name), NoUser(options)});
      continue;
    }
    portable.entries.emplace_back(entry.position, std::move(name), MethodOf(entry, mapped, options));
  }
  std::stable_sort(portable.errors.begin(), portable.errors.end(),
                   [](const EntryError& a, const EntryError& b) { return a.position < b.position; });
  return portable;
}

absl::StatusOr<PortableFile> ReadSealedFile(absl::string_view file, const CmsOpener& opener) {
  TWOFOLD_ASSIGN_OR_RETURN(const SecretBytes content, OpenCms(file, opener));
  PortableFile portable;
  LineReader lines(content.text());
  for (absl::string_view line; lines.Next(line);) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    v1::PortableMethod method;
    const google::protobuf::StringPiece json(line.data(), line.size());
    // The message of the library may repeat what it could not read.
    if (!google::protobuf::util::JsonStringToMessage(json, &method).ok()) {
      portable.errors.push_back({lines.number(), "", "is no method in JSON"});
      continue;
    }
    std::string name = method.user_id();
    portable.entries.emplace_back(lines.number(), std::move(name), std::move(method));
  }
  return portable;
}

}  // namespace twofold
