#ifndef TWOFOLD_CLIENTS_FORMATS_TEXT_H_
#define TWOFOLD_CLIENTS_FORMATS_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crypto/hash_algorithm.h"
#include "crypto/secret_bytes.h"

// What several formats are made of.

namespace twofold {

// Goes through the lines of a file. A byte order mark and the ends of lines, also CRLF and a lone
// CR, are taken off.
class LineReader {
 public:
  explicit LineReader(absl::string_view text);

  // Takes the next line. Returns false at the end of the file.
  bool Next(absl::string_view& line);

  // The number of the last line. The first one is 1.
  size_t number() const { return number_; }

 private:
  absl::string_view rest_;
  size_t number_ = 0;
};

absl::string_view WithoutByteOrderMark(absl::string_view text);

// The cells of a line of CSV (RFC 4180), without white space around them. Cells are wiped at the end.
class CsvRow {
 public:
  // The row has no cells, and ok is false, if a quote is not closed or stands inside of a cell.
  explicit CsvRow(absl::string_view line);
  ~CsvRow();
  CsvRow(const CsvRow&) = delete;
  CsvRow& operator=(const CsvRow&) = delete;

  bool ok() const { return ok_; }
  size_t size() const { return cells_.size(); }
  // Returns an empty text beyond the end of the row.
  absl::string_view operator[](size_t index) const;

 private:
  bool Parse(absl::string_view line);

  std::vector<std::string> cells_;
  const bool ok_;
};

// A number of digits alone, without sign and space, up to `highest`.
std::optional<int64_t> ReadNumber(absl::string_view text, int64_t highest);

// Hexadecimal digits of any case, with spaces between them.
std::optional<SecretBytes> ReadHex(absl::string_view text);

// Base64 (RFC 4648 §4), with white space anywhere and with or without padding.
std::optional<SecretBytes> ReadBase64(absl::string_view text);

// SHA1, SHA-256, HmacSHA512 and the like, in any case.
std::optional<HashAlgorithm> ReadAlgorithm(absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_TEXT_H_
