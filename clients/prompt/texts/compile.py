"""Turns the catalogues of texts into C++: an enum of their keys, and one table for each language.

usage: compile.py HEADER SOURCE CATALOGUE...

The first catalogue decides which keys there are. A catalogue that lacks a key, has another one, or has
other words in braces is an error, so that a text that is missing never reaches a user.
"""

import json
import pathlib
import re
import sys


def read(path):
    texts = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        key, colon, text = line.partition(":")
        text = text.strip()
        if not colon or not text or not re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", key):
            sys.exit(f"{path}:{number}: not a key, a colon and a text")
        if key in texts:
            sys.exit(f"{path}:{number}: {key} is there twice")
        texts[key] = text
    return texts


def blanks(text):
    return sorted(re.findall(r"\{[a-z]*\}", text))


def check(path, texts, pattern):
    for key in pattern.keys() ^ texts.keys():
        sys.exit(f"{path}: {key} is in one language and not in the other")
    for key, text in texts.items():
        if blanks(text) != blanks(pattern[key]):
            sys.exit(f"{path}: {key} has other words in braces than the first language")


def name(key):
    return "k" + "".join(word.capitalize() for word in re.split(r"[._]", key))


def main():
    header, source, *paths = map(pathlib.Path, sys.argv[1:])
    languages = {path.stem: read(path) for path in paths}
    pattern = next(iter(languages.values()))
    for path in paths:
        check(path, languages[path.stem], pattern)
    header.write_text(
        "#ifndef TWOFOLD_CLIENTS_PROMPT_TEXT_ID_H_\n#define TWOFOLD_CLIENTS_PROMPT_TEXT_ID_H_\n\n"
        "// The keys of the texts, made from the catalogues.\n\nnamespace twofold {\n\nenum class TextId {\n"
        + "".join(f"  {name(key)},\n" for key in pattern)
        + "};\n\n}  // namespace twofold\n\n#endif  // TWOFOLD_CLIENTS_PROMPT_TEXT_ID_H_\n")
    rows = ""
    for language, texts in languages.items():
        # C++ reads the escapes of JSON for ASCII alike, and takes UTF-8 as it is.
        values = ", ".join(json.dumps(texts[key], ensure_ascii=False) for key in pattern)
        rows += f'    {{"{language}", {{{values}}}}},\n'
    source.write_text(
        '#include "clients/prompt/texts/text_tables.h"\n\nnamespace twofold {\n\n'
        "const std::vector<TextTable>& TextTables() {\n"
        f"  static const auto* const tables = new std::vector<TextTable>{{\n{rows}  }};\n"
        "  return *tables;\n}\n\n}  // namespace twofold\n",
        encoding="utf-8")


if __name__ == "__main__":
    main()
