#include "storage/sqlite/maintenance.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/sqlite/checkpoint.h"

namespace twofold {

Maintenance::Maintenance(const DatabaseFile& file, SqliteOptions options, SharedState& state, Writer& writer,
                         Reader& reader, std::unique_ptr<PlainConnection>& connection)
    : file_(file),
      options_(std::move(options)),
      state_(state),
      writer_(writer),
      reader_(reader),
      connection_(connection),
      thread_([this] { Run(); }) {}

Maintenance::~Maintenance() {
  state_.Stop();
  thread_.join();
}

void Maintenance::Run() {
  for (;;) {
    switch (state_.WaitForWork()) {
      case SharedState::Work::kStop:
        return;
      case SharedState::Work::kCheckpoint:
        Checkpoint();
        break;
      case SharedState::Work::kReopen: {
        const absl::Status reopened = Reopen();
        if (reopened.ok()) break;
        state_.Refuse(
            absl::UnavailableError(absl::StrCat("the database cannot be re-opened; ", reopened.message())));
        if (!state_.Pause(absl::Milliseconds(options_.reopen_interval_ms))) return;
        break;
      }
    }
  }
}

// Pages that cannot be copied now stay in the log for the next checkpoint.
void Maintenance::Checkpoint() {
  if (connection_ == nullptr) return;
  if (twofold::Checkpoint(*connection_, SQLITE_CHECKPOINT_PASSIVE, state_) != SQLITE_OK) return;
  ++state_.counters.checkpoints;
  SyncLargeDatabase(*connection_, options_.whole_file_bytes, state_);
}

// SQLite reads the log anew only after every connection has been closed. That settles what a failed
// commit or a failed sync left open.
absl::Status Maintenance::Reopen() {
  reader_.Connect(nullptr);
  connection_.reset();
  writer_.Connect(nullptr);
  // Another file that has taken the name is not locked, and may be an older state.
  if (absl::Status in_place = file_.CheckInPlace(); !in_place.ok()) return in_place;
  absl::StatusOr<Connections> connections = OpenConnections(file_.path(), options_);
  if (!connections.ok()) return connections.status();
  writer_.Connect(std::move(connections->writer));
  connection_ = std::move(connections->checkpointer);
  reader_.Connect(std::move(connections->reader));
  ++state_.counters.reopens;
  state_.needs_log = false;
  state_.set_last_write(absl::OkStatus());
  state_.Resume();
  return absl::OkStatus();
}

}  // namespace twofold
