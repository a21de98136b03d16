#include "clients/cli/method_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/text.h"
#include "server/methods/type_name.h"

namespace twofold {
namespace {

std::string TypeText(v1::MethodType type) {
  const absl::string_view name = MethodTypeName(type);
  return name.empty() ? "?" : std::string(name);
}

const char* StateText(v1::MethodState state) {
  switch (state) {
    case v1::METHOD_STATE_PENDING:
      return "pending";
    case v1::METHOD_STATE_ACTIVE:
      return "active";
    case v1::METHOD_STATE_DISABLED:
      return "disabled";
    default:
      return "?";
  }
}

bool IsAuthenticator(const v1::Method& method) { return method.type() != v1::METHOD_TYPE_BACKUP_CODES; }

// What else matters of a method, such as where its codes go.
std::string FactsOf(const v1::Method& method) {
  std::vector<std::string> facts;
  if (method.has_backup_codes()) {
    facts.push_back(
        absl::StrCat(method.backup_codes().remaining(), " of ", method.backup_codes().total(), " left"));
  }
  if (method.has_security_key()) {
    facts.push_back(EscapeControls(method.security_key().rp_id()));
    if (method.security_key().backed_up()) facts.emplace_back("backed up");
  }
  if (method.has_sent_code()) facts.push_back(EscapeControls(method.sent_code().masked_destination()));
  if (method.restricted()) facts.emplace_back("restricted");
  return absl::StrJoin(facts, ", ");
}

std::string DescriptionText(const v1::Method& method) {
  std::string facts = FactsOf(method);
  if (method.description().empty() || method.has_backup_codes()) return facts;
  const std::string description = EscapeControls(method.description());
  return facts.empty() ? description : absl::StrCat(description, " (", facts, ")");
}

// The server lists the default first. A method that is not an active authenticator cannot be the default.
bool IsDefault(const v1::ListMethodsResponse& response, int index) {
  const v1::Method& method = response.methods(index);
  return index == 0 && IsAuthenticator(method) && method.state() == v1::METHOD_STATE_ACTIVE;
}

std::string LockText(const v1::ListMethodsResponse& response) {
  if (response.permanently_locked())
    return "Locked until a backup code, twofold resync or an administrator ends it.\n";
  if (response.has_locked_until())
    return absl::StrCat("Locked until ", IsoTime(response.locked_until()), ".\n");
  return "";
}

std::string RequiredText(bool required) {
  return absl::StrCat("Second factor required: ", required ? "yes" : "no", "\n");
}

}  // namespace

std::string MethodName(const v1::Method& method) {
  std::string id = EscapeControls(method.method_id());
  if (method.description().empty()) return id;
  return absl::StrCat(id, " \"", EscapeControls(method.description()), "\"");
}

std::string VerifiedText(const v1::VerifyResponse& response) {
  std::string text = absl::StrCat("accepted: ", MethodName(response.method()), "\n");
  if (response.method().type() == v1::METHOD_TYPE_SECURITY_KEY) {
    absl::StrAppend(&text, "The key checked its user: ", response.user_verified() ? "yes" : "no",
                    ", is backed up: ", response.backed_up() ? "yes" : "no", "\n");
  }
  if (response.backup_codes_low()) {
    absl::StrAppend(&text, "Backup codes left: ", response.backup_codes_remaining(),
                    ". New ones come from: twofold backup-codes rotate\n");
  }
  return text;
}

const v1::Method* LastAuthenticator(const v1::ListMethodsResponse& response, absl::string_view method_id) {
  const v1::Method* last = nullptr;
  for (const v1::Method& method : response.methods()) {
    if (!IsAuthenticator(method) || method.state() == v1::METHOD_STATE_PENDING) continue;
    if (method.method_id() != method_id) return nullptr;
    last = &method;
  }
  return last;
}

std::string LastAuthenticatorQuestion(const v1::ListMethodsResponse& response,
                                      const v1::Method& authenticator, absl::string_view user) {
  int codes = 0;
  for (const v1::Method& method : response.methods()) codes += method.backup_codes().remaining();
  return absl::StrCat(MethodName(authenticator), " is the last authenticator of ", user,
                      ". Deleting it turns the second factor off, and unused backup codes stop working: ",
                      codes, ". Delete it?");
}

std::string DeletedText(const v1::DeleteMethodResponse& response, absl::string_view method_id) {
  const int codes = response.deleted_backup_codes();
  return absl::StrCat(
      "deleted: ", EscapeControls(method_id), "\n",
      codes > 0 ? absl::StrCat("Unused backup codes that were deleted with it: ", codes, "\n") : "",
      RequiredText(response.second_factor_required()));
}

std::string MethodsText(const v1::ListMethodsResponse& response, absl::string_view user) {
  std::string text;
  if (!response.has_record()) {
    text = absl::StrCat("No methods: there is no record of ", EscapeControls(user), ".\n");
  } else if (response.methods().empty()) {
    text = "No methods.\n";
  } else {
    std::vector<std::vector<std::string>> rows = {
        {"", "STATE", "TYPE", "METHOD ID", "LAST USED", "DESCRIPTION"}};
    for (int i = 0; i < response.methods_size(); ++i) {
      const v1::Method& method = response.methods(i);
      const std::string last_used = method.has_last_used_time() ? IsoTime(method.last_used_time()) : "never";
      rows.push_back({IsDefault(response, i) ? "*" : "", StateText(method.state()), TypeText(method.type()),
                      EscapeControls(method.method_id()), last_used, DescriptionText(method)});
    }
    text = AlignColumns(rows);
  }
  absl::StrAppend(&text, RequiredText(response.second_factor_required()), LockText(response));
  return text;
}

}  // namespace twofold
