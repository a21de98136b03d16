#ifndef TWOFOLD_SERVER_METHODS_SUBJECT_H_
#define TWOFOLD_SERVER_METHODS_SUBJECT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "storage/keys.h"

namespace twofold {

// Whose second factor it is. Exact bytes: two spellings are two subjects.
struct Subject {
  Subject(std::string tenant_in, std::string user_in)
      : tenant(std::move(tenant_in)), user(std::move(user_in)), key(SubjectKey(tenant, user)) {}

  std::string tenant;
  std::string user;
  // Of its record.
  std::string key;
};

// The subject whose record has this key. Nothing where no subject has it.
inline std::optional<Subject> SubjectOfKey(const std::string& key) {
  const size_t end_of_tenant = key.find('\0');
  if (end_of_tenant == std::string::npos) return std::nullopt;
  Subject subject(key.substr(0, end_of_tenant), key.substr(end_of_tenant + 1));
  const bool is_subject = !subject.user.empty() && subject.user.find('\0') == std::string::npos;
  if (!is_subject) return std::nullopt;
  return subject;
}

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_SUBJECT_H_
