"""Turns files into a C++ table of their contents, types and addresses.

usage: embed.py SOURCE FILE...

The address holds a digest of the contents, so that browsers may keep a file forever.
"""

import hashlib
import pathlib
import sys

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


def main():
    source, *paths = map(pathlib.Path, sys.argv[1:])
    rows = ""
    for path in paths:
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:16]
        address = f"/assets/{digest}-{path.name}"
        text = content.decode("utf-8")
        # The longest raw literal that every compiler takes has 65,536 bytes.
        rows += f'      {{"{path.name}", {{"{address}", "{TYPES[path.suffix]}", R"~~~({text})~~~"}}}},\n'
    source.write_text(
        '#include "clients/prompt/assets/assets.h"\n\nnamespace twofold {\n\n'
        "const std::map<std::string, Asset, std::less<>>& Assets() {\n"
        f"  static const auto* const assets = new std::map<std::string, Asset, std::less<>>{{\n{rows}  }};\n"
        "  return *assets;\n}\n\n}  // namespace twofold\n",
        encoding="utf-8")


if __name__ == "__main__":
    main()
