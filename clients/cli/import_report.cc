#include "clients/cli/import_report.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "clients/cli/error_output.h"
#include "clients/cli/text.h"

namespace twofold {

using google::protobuf::Struct;

namespace {

// "A sentence" without its full stop, which the line adds.
std::string WithoutFullStop(absl::string_view text) {
  return std::string(absl::StripSuffix(absl::StripAsciiWhitespace(text), "."));
}

std::string Capitalized(std::string word) {
  if (!word.empty()) word[0] = absl::ascii_toupper(static_cast<unsigned char>(word[0]));
  return word;
}

void SetText(Struct& object, const char* name, const std::string& text) {
  (*object.mutable_fields())[name].set_string_value(text);
}

void SetNumber(Struct& object, const char* name, int64_t number) {
  (*object.mutable_fields())[name].set_number_value(static_cast<double>(number));
}

google::protobuf::ListValue& List(Struct& object, const char* name) {
  return *(*object.mutable_fields())[name].mutable_list_value();
}

}  // namespace

ImportReport::ImportReport(Session& session, std::string format, std::string unit, bool dry_run, bool verbose)
    : session_(session),
      format_(std::move(format)),
      unit_(Capitalized(std::move(unit))),
      dry_run_(dry_run),
      verbose_(verbose),
      bar_(session) {
  SetText(json_, "format", format_);
  SetText(json_, "unit", absl::AsciiStrToLower(unit_));
  (*json_.mutable_fields())["dryRun"].set_bool_value(dry_run);
  for (const char* list : {"notes", "notImported"}) List(json_, list);
}

void ImportReport::Read(size_t entries, size_t sendable) {
  SetNumber(json_, "readCount", static_cast<int64_t>(entries));
  if (session_.json) return;
  session_.console.Print(absl::StrCat("Read as ", format_, ": ", entries,
                                      entries == 1 ? " entry, " : " entries, ", sendable,
                                      " of them usable.\n"));
}

void ImportReport::Note(const std::string& note) {
  List(json_, "notes").add_values()->set_string_value(EscapeControls(note));
  if (!session_.json) session_.console.Print(absl::StrCat("Note: ", EscapeControls(note), "\n"));
}

void ImportReport::Line(size_t position, const std::string& name, const std::string& text) {
  if (session_.json) return;
  bar_.Clear();
  const std::string shown = name.empty() ? "" : absl::StrCat(" (", EscapeControls(name), ")");
  session_.console.Print(absl::StrCat(unit_, " ", position, shown, " ", EscapeControls(text), ".\n"));
}

Struct* ImportReport::AddJson(const char* list, size_t position, const std::string& name) {
  Struct* object = List(json_, list).add_values()->mutable_struct_value();
  SetNumber(*object, "position", static_cast<int64_t>(position));
  if (!name.empty()) SetText(*object, "name", EscapeControls(name));
  return object;
}

void ImportReport::LeftOut(const EntryError& error) {
  ++refused_;
  Line(error.position, error.name, error.message);
  SetText(*AddJson("notImported", error.position, error.name), "message", EscapeControls(error.message));
}

void ImportReport::Result(const PortableEntry& entry, const v1::ImportResult& result) {
  const std::string user = EscapeControls(entry.method.user_id());
  if (result.outcome() != v1::IMPORT_OUTCOME_IMPORTED && result.outcome() != v1::IMPORT_OUTCOME_UNCHANGED) {
    ++refused_;
    Line(entry.position, entry.name, absl::StrCat("is refused: ", WithoutFullStop(result.message())));
    Struct& object = *AddJson("notImported", entry.position, entry.name);
    SetText(object, "userId", user);
    SetText(object, "reason", v1::ErrorReason_Name(result.reason()));
    SetText(object, "message", EscapeControls(result.message()));
    return;
  }
  const bool is_new = result.outcome() == v1::IMPORT_OUTCOME_IMPORTED;
  ++(is_new ? imported_ : unchanged_);
  if (!verbose_) return;
  const std::string what = dry_run_ ? "would be imported for " : "is imported for ";
  Line(entry.position, entry.name,
       is_new ? absl::StrCat(what, user) : absl::StrCat("is there already for ", user));
  Struct& object = *AddJson(is_new ? "imported" : "unchanged", entry.position, entry.name);
  SetText(object, "userId", user);
  if (!result.method_id().empty()) SetText(object, "methodId", result.method_id());
}

void ImportReport::Progress(int64_t done, int64_t total) {
  bar_.Show(dry_run_ ? "checking" : "importing", done, total, "methods");
}

std::string ImportReport::Counts(int64_t unsent) const {
  std::string text = absl::StrCat(dry_run_ ? "Would be imported: " : "Imported: ", imported_,
                                  ", unchanged: ", unchanged_, ", refused: ", refused_);
  if (unsent > 0) absl::StrAppend(&text, ", without an answer: ", unsent);
  absl::StrAppend(&text, "\n");
  if (dry_run_) absl::StrAppend(&text, "This was a dry run. Nothing was stored.\n");
  return text;
}

int ImportReport::Finish(const CallError* error, int64_t unsent) {
  bar_.Clear();
  const int outcome = refused_ > 0 ? kRefused : kDone;
  if (!session_.json) {
    const int printed = session_.Print(Counts(unsent));
    if (error == nullptr) return printed == kDone ? outcome : printed;
    session_.console.Complain(
        absl::StrCat(dry_run_ ? "the server could not check all entries: " : "the import stopped: ",
                     ErrorLine(*error, session_.address),
                     dry_run_ ? "" : " Run the same command again: what is there already stays as it is."));
    return ExitCodeOf(*error);
  }
  SetNumber(json_, "importedCount", imported_);
  SetNumber(json_, "unchangedCount", unchanged_);
  SetNumber(json_, "refusedCount", refused_);
  SetNumber(json_, "unansweredCount", unsent);
  if (error != nullptr) {
    Struct& object = *(*json_.mutable_fields())["error"].mutable_struct_value();
    SetText(object, "message", ErrorLine(*error, session_.address));
    SetText(object, "reason", error->reason);
  }
  const int printed = session_.Print(ToJson(json_) + "\n");
  if (error != nullptr) return ExitCodeOf(*error);
  return printed == kDone ? outcome : printed;
}

}  // namespace twofold
