#ifndef TWOFOLD_CLIENTS_FORMATS_USER_MAP_H_
#define TWOFOLD_CLIENTS_FORMATS_USER_MAP_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/formats/imported.h"

namespace twofold {

// Who gets an entry of a file.
struct MappedUser {
  std::string user;
  // Empty where the map does not name it.
  std::string tenant;
  std::string description;
  // The line of the map.
  size_t line = 0;
};

// Which user each entry of a file belongs to, from a CSV file (RFC 4180) of the administrator. The
// first line names the columns. The first column is one of
//
//   serial   the serial number of the token, or the id of the key if it has none,
//   account  the account name,
//   entry    the number of the line or entry, as messages show it,
//
// and the second one is user. tenant and description may follow in any order.
class UserMap {
 public:
  // INVALID_ARGUMENT if the header is wrong. Wrong lines are added to `errors`, also each that
  // repeats the first column of another one.
  static absl::StatusOr<UserMap> Parse(absl::string_view text, std::vector<EntryError>& errors);

  // Returns who gets the entry, or null. The pointer is valid as long as the map.
  const MappedUser* Find(const ImportedEntry& entry) const;

  // The name of the first column.
  const std::string& key_column() const { return key_column_; }
  size_t size() const { return users_.size(); }

 private:
  absl::Status ParseHeader(absl::string_view line);
  std::string AddRow(absl::string_view line, size_t number);

  std::string key_column_;
  // The columns of the optional values. 0 stands for none.
  size_t tenant_column_ = 0;
  size_t description_column_ = 0;
  size_t columns_ = 0;
  std::map<std::string, MappedUser, std::less<>> users_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_USER_MAP_H_
