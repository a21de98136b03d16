#!/usr/bin/env python3
"""Checks that each promise of docs/threat-model.md has tests and that each numbered test has a promise.

usage: lint_promises.py [FOLDER]

The name of a test begins with the numbers of the promises that it holds, as in T12_ParallelGuessesAreCounted or
T7_T31_KeysAreDifferent. A test in Python or shell writes them small, as in test_t12_parallel_guesses. The last table
of the page names the files of these tests. Prints FILE:LINE: what is wrong; how to mend it.
"""

import os
import re
import sys

import lint_rules

PAGE = "docs/threat-model.md"
HEADER = ["#", "promise", "held by", "ASVS 5.0", "SP 800-63B-4"]
# The last number of each sequence. A letter after a number makes a promise of its own.
LAST = {"T": 49, "L": 10}
NUMBER = r"[TL]\d+b?"
NOT_BUILT = r"not built: \S.*"
NONE = "–"
# These hold examples.
SELF = ("scripts/lint_promises_test.py",)

CPP_TEST = r"\b(?:TYPED_TEST|TEST|TEST_F|TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(\s*\w+\s*,\s*(\w+)"
SCRIPT_TEST = {".py": r"^\s*def test_(\w+)\(", ".sh": r"^\s*(?:function )?test_(\w+) ?\(\)"}
# A sentence, which begins with its numbers.
SENTENCE_TEST = r'^\s*test\("([^"]+)"'


def tests_of(path, text):
    """(line, name) of each test in a file, where the numbers of a script's test are written large."""
    ending = os.path.splitext(path)[1]
    if ending == ".cc":
        for match in re.finditer(CPP_TEST, lint_rules.without_comments_and_strings(text)):
            yield text.count("\n", 0, match.start(1)) + 1, match.group(1)
    elif ending == ".mjs":
        for match in re.finditer(SENTENCE_TEST, text, re.M):
            yield text.count("\n", 0, match.start(1)) + 1, match.group(1).replace(" ", "_")
    elif ending in SCRIPT_TEST and path not in SELF:
        for match in re.finditer(SCRIPT_TEST[ending], text, re.M):
            name = re.sub(r"^([tl]\d+b?_?)+", lambda found: re.sub("[tl]", lambda c: c.group(0).upper(), found.group(0)), match.group(1))
            yield text.count("\n", 0, match.start(1)) + 1, name


def numbers_of(name):
    """The numbers that a test's name begins with, or None if their form is wrong."""
    proper = re.match("(?:%s_)*" % NUMBER, name).group(0)
    if re.match(NUMBER + "(?![a-z0-9])", name[len(proper) :]):
        return None
    return re.findall(NUMBER, proper)


def cells_of(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def tables(text):
    """(line, cells of the header, [(line, cells)]) of each table of a page."""
    header, rows, found = None, None, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            header = None
        elif header is None:
            header, rows = cells_of(line), []
            found.append((number, header, rows))
        elif not re.fullmatch(r"[|\s:-]+", line):
            rows.append((number, cells_of(line)))
    return found


def list_of(cell, pattern):
    """Whether a cell is a list of what the pattern describes."""
    return re.fullmatch(r"%s(, %s)*" % (pattern, pattern), cell) is not None


def sequence_findings(line, numbers):
    for letter, last in LAST.items():
        wanted = {"%s%d" % (letter, i) for i in range(1, last + 1)}
        present = {number for number in numbers if number[0] == letter}
        for number in sorted(wanted - present, key=lambda name: int(name[1:])):
            yield line, "%s has no row; say what it promises and which tests hold it" % number
        for number in sorted(present - wanted):
            if number.rstrip("b") not in wanted:
                yield line, "%s is beyond the last number, %s%d; raise LAST in scripts/lint_promises.py" % (number, letter, last)


def row_findings(line, cells, tested):
    """What is wrong with one row. `tested` are the files of each number's tests."""
    number, _, held_by, asvs, nist = cells
    if asvs != NONE and not list_of(asvs, r"V\d+\.\d+\.\d+"):
        yield line, "'%s' is no list of requirements; write such as V6.5.1, V6.5.5 or %s" % (asvs, NONE)
    if nist != NONE and not list_of(nist, r"\d+(\.\d+)+"):
        yield line, "'%s' is no list of sections; write such as 3.1.4.2, 3.2.2 or %s" % (nist, NONE)
    files = tested.get(number, set())
    if re.fullmatch(NOT_BUILT, held_by):
        for file in sorted(files):
            yield line, "%s is said to be not built, but %s tests it; name the file" % (number, file)
        return
    links = re.findall(r"\]\(([^)]+)\)", held_by)
    if not list_of(held_by, r"\[[\w/]+\]\([^)]+\)"):
        yield line, "%s names no test; link the files that hold its tests, or write 'not built: REASON'" % number
    named = [os.path.normpath(os.path.join(os.path.dirname(PAGE), link)) for link in links]
    for file in named:
        if file not in files:
            yield line, "%s has no test %s_...; name the file that has" % (file, number)
    for file in sorted(files.difference(named)):
        yield line, "%s tests %s; name the file in its row" % (file, number)


def page_findings(text, tested):
    maps = [table for table in tables(text) if table[1] == HEADER]
    if len(maps) != 1:
        yield 1, "there are %d tables with the columns %s; one is needed" % (len(maps), ", ".join(HEADER))
        return
    line, _, rows = maps[0]
    numbers = []
    for row_line, cells in rows:
        if len(cells) != len(HEADER) or not re.fullmatch(NUMBER, cells[0]):
            yield row_line, "this row has no number or not %d cells" % len(HEADER)
            continue
        if cells[0] in numbers:
            yield row_line, "%s has two rows; keep one" % cells[0]
        numbers.append(cells[0])
        yield from row_findings(row_line, cells, tested)
    yield from sequence_findings(line, numbers)
    explained = {cells[0]: row for _, header, others in tables(text) if header[0] == "#" and header != HEADER for row, cells in others}
    for number in sorted(explained.keys() - set(numbers)):
        yield explained[number], "%s is not in the table of promises; add a row" % number
    for number in sorted((set(numbers) & tested.keys()) - explained.keys()):
        yield line, "no table says what prevents %s; add a row above" % number


def findings(root):
    """(file, line, message) of everything that is wrong."""
    tested, places = {}, {}
    for path in lint_rules.files_below(root):
        if os.path.splitext(path)[1] not in (".cc", ".mjs", *SCRIPT_TEST):
            continue
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        for line, name in tests_of(path, text):
            numbers = numbers_of(name)
            if numbers is None:
                yield path, line, "%s: write an underscore after each number, as in T12_Name" % name
            for number in numbers or ():
                tested.setdefault(number, set()).add(path)
                places.setdefault(number, (path, line))
    with open(os.path.join(root, PAGE), encoding="utf-8") as file:
        text = file.read()
    for line, message in page_findings(text, tested):
        yield PAGE, line, message
    promised = {cells[0] for _, header, rows in tables(text) if header == HEADER for _, cells in rows}
    for number in sorted(tested.keys() - promised):
        yield *places[number], "this test holds %s, which %s does not promise; add a row" % (number, PAGE)


def main():
    count = 0
    for path, line, message in findings(sys.argv[1] if len(sys.argv) > 1 else "."):
        count += 1
        print("%s:%d: %s" % (path, line, message))
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
