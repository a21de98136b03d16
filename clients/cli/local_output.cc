#include "clients/cli/local_output.h"

#include <unistd.h>

#include <CLI/Error.hpp>
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "clients/cli/error_output.h"

namespace twofold {
namespace {

constexpr absl::Duration kRedraw = absl::Milliseconds(100);
constexpr int kCells = 30;

}  // namespace

int FailLocally(Session& session, const absl::Status& status) {
  if (absl::IsInvalidArgument(status)) throw CLI::ValidationError(std::string(status.message()));
  // The status codes of both libraries are the same numbers.
  CallError error;
  error.code = static_cast<grpc::StatusCode>(status.raw_code());
  error.message = std::string(status.message());
  if (session.json) {
    session.console.Print(absl::StrCat("{\"error\":", ErrorJson(error), "}\n"));
  } else {
    session.console.Complain(error.message);
  }
  return ExitCodeOf(error);
}

JsonObject& JsonObject::Set(const char* name, const std::string& text) {
  (*fields_.mutable_fields())[name].set_string_value(text);
  return *this;
}

JsonObject& JsonObject::Set(const char* name, int64_t number) {
  (*fields_.mutable_fields())[name].set_number_value(static_cast<double>(number));
  return *this;
}

JsonObject& JsonObject::Set(const char* name, const std::vector<std::string>& texts) {
  auto& list = *(*fields_.mutable_fields())[name].mutable_list_value();
  for (const std::string& text : texts) list.add_values()->set_string_value(text);
  return *this;
}

JsonObject& JsonObject::Set(const char* name, bool flag) {
  (*fields_.mutable_fields())[name].set_bool_value(flag);
  return *this;
}

JsonObject& JsonObject::Set(const char* name, const JsonArray& array) {
  *(*fields_.mutable_fields())[name].mutable_list_value() = array.values_;
  return *this;
}

JsonArray& JsonArray::Add(const JsonObject& object) {
  *values_.add_values()->mutable_struct_value() = object.fields_;
  return *this;
}

std::string JsonObject::Line() const { return ToJson(fields_) + "\n"; }

ProgressBar::ProgressBar(const Session& session) : shown_(!session.json && isatty(STDERR_FILENO) == 1) {}

void ProgressBar::Show(absl::string_view label, int64_t done, int64_t total, absl::string_view unit) {
  if (!shown_ || (label == label_ && SteadyNow() < next_)) return;
  label_ = std::string(label);
  std::string line = absl::StrCat(label, "  ");
  if (total > 0) {
    done = std::min(done, total);
    const auto full = static_cast<size_t>(done * kCells / total);
    absl::StrAppend(&line, "[", std::string(full, '#'), std::string(kCells - full, '.'), "] ",
                    done * 100 / total, " %  ");
  }
  absl::StrAppend(&line, done, " ", unit);
  Draw(line);
}

void ProgressBar::Say(absl::string_view text) {
  if (shown_) Draw(std::string(text));
}

void ProgressBar::Clear() {
  if (drawn_) Draw("");
  drawn_ = false;
}

// ECMA-48 EL erases the rest of a longer line.
void ProgressBar::Draw(const std::string& line) {
  const std::string text = absl::StrCat("\r", line, "\x1b[K");
  (void)!write(STDERR_FILENO, text.data(), text.size());
  drawn_ = true;
  next_ = SteadyAfter(kRedraw);
}

}  // namespace twofold
