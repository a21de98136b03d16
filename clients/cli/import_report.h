#ifndef TWOFOLD_CLIENTS_CLI_IMPORT_REPORT_H_
#define TWOFOLD_CLIENTS_CLI_IMPORT_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "clients/cli/local_output.h"
#include "clients/cli/session.h"
#include "clients/formats/portable.h"
#include "google/protobuf/struct.pb.h"

namespace twofold {

// Shows the outcome of an import while it runs: a line for each entry that was not imported, and for
// the others with --verbose. In JSON it collects everything for one object at the end.
class ImportReport {
 public:
  ImportReport(Session& session, std::string format, std::string unit, bool dry_run, bool verbose);

  // How many entries were read, and how many of them can be sent.
  void Read(size_t entries, size_t sendable);
  void Note(const std::string& note);
  // An entry that never went to the server.
  void LeftOut(const EntryError& error);
  // The server's result for an entry.
  void Result(const PortableEntry& entry, const v1::ImportResult& result);
  void Progress(int64_t done, int64_t total);

  int64_t refused() const { return refused_; }
  // Prints the counts, or the JSON object, and returns the exit code. `error` is null if the server
  // answered for all entries. `unsent` is the number of entries that it did not answer for.
  int Finish(const CallError* error, int64_t unsent);

 private:
  void Line(size_t position, const std::string& name, const std::string& text);
  google::protobuf::Struct* AddJson(const char* list, size_t position, const std::string& name);
  std::string Counts(int64_t unsent) const;

  Session& session_;
  const std::string format_;
  const std::string unit_;
  const bool dry_run_;
  const bool verbose_;
  ProgressBar bar_;
  google::protobuf::Struct json_;
  int64_t imported_ = 0;
  int64_t unchanged_ = 0;
  int64_t refused_ = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_IMPORT_REPORT_H_
