#ifndef TWOFOLD_CLIENTS_CLI_IMPORT_FILE_H_
#define TWOFOLD_CLIENTS_CLI_IMPORT_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "clients/cli/session.h"
#include "clients/formats/portable.h"

namespace twofold {

// What the command line says about a file to import. Texts that were not given are empty.
struct ImportArguments {
  std::string file;
  std::string format = "auto";
  std::string user_map;
  std::string issuer;
  std::string key_file;
  std::string password_file;
  std::string iv;
  std::string default_algorithm;
  // 0 stands for none.
  int default_digits = 0;
  int default_period = 0;
  // Negative for none.
  int64_t default_counter = -1;
  bool include_expired = false;
  bool dry_run = false;
  bool verbose = false;
};

// A file that was read, and what its entries are called in messages.
struct ImportSource {
  std::string format;
  std::string unit;
  PortableFile file;
};

// Reads and parses the file. FAILED_PRECONDITION if it is refused as a whole. Throws CLI::ParseError
// if the command line is wrong, or a file that it names cannot be read.
absl::StatusOr<ImportSource> ReadImportSource(Session& session, const ImportArguments& arguments);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_IMPORT_FILE_H_
