#ifndef TWOFOLD_CLIENTS_PROMPT_TEXTS_TEXT_TABLES_H_
#define TWOFOLD_CLIENTS_PROMPT_TEXTS_TEXT_TABLES_H_

#include <string>
#include <vector>

namespace twofold {

// The texts of one language, in the order of TextId.
struct TextTable {
  std::string language;  // such as "de"
  std::vector<std::string> texts;
};

// All languages, made from the catalogues. The first one is the default.
const std::vector<TextTable>& TextTables();

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_TEXTS_TEXT_TABLES_H_
