#ifndef TWOFOLD_CLIENTS_PROMPT_TEXTS_TEXTS_H_
#define TWOFOLD_CLIENTS_PROMPT_TEXTS_TEXTS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/prompt/texts/text_id.h"
#include "clients/prompt/texts/text_tables.h"

namespace twofold {

// The texts of the page in one language. A small value that can be copied, and thread-safe.
class Texts {
 public:
  // What stands for the {words} of a text.
  using Blanks = std::vector<std::pair<absl::string_view, std::string>>;

  // Picks the language of `locale`, a language tag, if there are texts in it. Otherwise picks the best
  // one of `accept_language`, a header of HTTP (RFC 9110 section 12.5.4). Otherwise English.
  Texts(absl::string_view locale, absl::string_view accept_language);

  // The language, such as "de".
  const std::string& language() const { return table_->language; }

  // Returns the text. It is plain text, which Html escapes.
  const std::string& Of(TextId id) const { return table_->texts[static_cast<size_t>(id)]; }
  std::string Of(TextId id, const Blanks& blanks) const;

  // Returns the time that is left, such as "5 minutes", rounded up.
  std::string TimeLeft(absl::Duration time) const;

 private:
  const TextTable* table_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_TEXTS_TEXTS_H_
