#ifndef TWOFOLD_SERVER_METHODS_SUBJECT_H_
#define TWOFOLD_SERVER_METHODS_SUBJECT_H_

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

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_SUBJECT_H_
