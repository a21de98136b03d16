#!/usr/bin/env python3
"""Tests of lint_promises.py: what it finds and what it leaves alone."""

import os
import tempfile
import unittest
from unittest import mock

import lint_promises

PAGE = """# Threat model

| # | must not happen | prevention |
|---|---|---|
| T1 | a | b |
| T2 | a | b |
| T2b | a | b |
| L1 | a | b |

| # | promise | held by | ASVS 5.0 | SP 800-63B-4 |
|---|---|---|---|---|
| T1 | A. | [a](../tests/a_test.cc), [b](../b/b_test.cc) | V6.5.1, V2.2.1 | 3.1.4.2, 3.2.2 |
| T2 | A. | [a](../tests/a_test.cc) | – | 4.1 |
| T2b | A. | [c](../c_test.py) | V6.5.1 | – |
| T3 | A. | not built: no such method yet | V6.5.1 | – |
| L1 | A. | [d](../d_test.sh) | V6.5.1 | – |
"""
TREE = {
    "docs/threat-model.md": PAGE,
    "tests/a_test.cc": "TEST(A, T1_T2_Holds) {}\n// TEST(A, T9_Not) {}\nTEST_F(A, HoldsT9_) {}\n",
    "b/b_test.cc": "RC_GTEST_PROP(B,\n    T1_Holds, ()) {}\n",
    "c_test.py": "class C:\n    def test_t2b_holds(self):\n        pass\n",
    "d_test.sh": "test_l1_holds() { true; }\n",
}


class LintPromises(unittest.TestCase):
    def findings(self, changes=None):
        """What is wrong with TREE after `changes`: (file, text, its replacement)."""
        files = dict(TREE)
        for path, old, new in changes or ():
            self.assertIn(old, files.get(path, ""))
            files[path] = files.get(path, "").replace(old, new, 1)
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            with mock.patch.object(lint_promises, "LAST", {"T": 3, "L": 1}):
                return list(lint_promises.findings(root))

    def expect(self, changes, *wanted):
        """Each of `wanted` is (file, line, a part of the message)."""
        found = self.findings(changes)
        self.assertEqual([(path, line) for path, line, _ in found], [(path, line) for path, line, _ in wanted], found)
        for (_, _, message), (_, _, part) in zip(found, wanted):
            self.assertIn(part, message)

    def on_page(self, old, new, *wanted):
        self.expect([(lint_promises.PAGE, old, new)], *[(lint_promises.PAGE, line, part) for line, part in wanted])

    def test_a_whole_map_is_left_alone(self):
        self.expect([])

    def test_a_number_without_a_test(self):
        self.expect([("c_test.py", "test_t2b_holds", "test_holds")], (lint_promises.PAGE, 14, "c_test.py has no test T2b_"))
        self.on_page("[c](../c_test.py)", "", (14, "names no test"), (14, "c_test.py tests T2b"))
        self.on_page("[c](../c_test.py)", "somewhere", (14, "names no test"), (14, "c_test.py tests T2b"))

    def test_a_test_that_does_not_exist(self):
        self.on_page("[b](../b/b_test.cc)", "[b](../b/x_test.cc)", (12, "b/x_test.cc has no test T1_"), (12, "b/b_test.cc tests T1"))
        self.expect([("tests/a_test.cc", "T1_T2_", "T1_")], (lint_promises.PAGE, 13, "tests/a_test.cc has no test T2_"))

    def test_a_test_that_only_a_comment_names(self):
        self.expect([("b/b_test.cc", "RC_GTEST_PROP", "// RC_GTEST_PROP")], (lint_promises.PAGE, 12, "b/b_test.cc has no test T1_"))

    def test_a_test_that_its_row_does_not_name(self):
        self.on_page(", [b](../b/b_test.cc)", "", (12, "b/b_test.cc tests T1"))

    def test_a_test_whose_number_the_map_lacks(self):
        self.expect([("b/b_test.cc", "T1_Holds", "T1_T9_Holds")], ("b/b_test.cc", 2, "this test holds T9"))

    def test_a_number_that_is_missing(self):
        row = "| T3 | A. | not built: no such method yet | V6.5.1 | – |\n"
        self.on_page(row, "", (10, "T3 has no row"))
        self.on_page(row, row + row, (16, "T3 has two rows"))
        self.on_page(row, row + row.replace("T3", "T4"), (10, "T4 is beyond the last number, T3"))
        self.on_page("| T3 |", "| 3 |", (15, "no number"), (10, "T3 has no row"))
        self.on_page(" | V6.5.1 | – |\n| L1", " | V6.5.1 |\n| L1", (15, "not 5 cells"), (10, "T3 has no row"))

    def test_what_is_not_built_has_no_tests(self):
        self.on_page("[d](../d_test.sh)", "not built: later", (16, "d_test.sh tests it"))
        self.on_page("not built: no such method yet", "not built:", (15, "names no test"))

    def test_clauses_have_a_form(self):
        self.on_page("V6.5.1, V2.2.1", "6.5.1", (12, "'6.5.1' is no list of requirements"))
        self.on_page("V6.5.1, V2.2.1", "", (12, "'' is no list of requirements"))
        self.on_page("3.1.4.2, 3.2.2", "section 3", (12, "'section 3' is no list of sections"))

    def test_each_number_is_explained(self):
        self.on_page("| T2 | a | b |\n", "", (9, "no table says what prevents T2"))
        self.on_page("| L1 | a | b |\n", "| L1 | a | b |\n| L2 | a | b |\n", (9, "L2 is not in the table of promises"))

    def test_there_is_one_map(self):
        header = "| # | promise | held by | ASVS 5.0 | SP 800-63B-4 |"
        found = self.findings([(lint_promises.PAGE, header, header.replace("promise", "promises"))])
        self.assertIn("there are 0 tables", found[0][2])

    def test_numbers_have_one_form(self):
        for name, numbers in (
            ("T12_Holds", ["T12"]),
            ("T7_T31_Holds", ["T7", "T31"]),
            ("T22b_Holds", ["T22b"]),
            ("L1_Holds", ["L1"]),
            ("T12Holds", None),
            ("T7T31_Holds", None),
            ("T7_T31Holds", None),
            ("T22bHolds", None),
            ("L1", None),
            ("Holds", []),
            ("TotpHolds", []),
            ("HoldsT1_", []),
        ):
            self.assertEqual(lint_promises.numbers_of(name), numbers, name)
        self.expect(
            [("b/b_test.cc", "T1_Holds", "T1Holds")],
            ("b/b_test.cc", 2, "underscore after each number"),
            (lint_promises.PAGE, 12, "b/b_test.cc has no test T1_"),
        )


if __name__ == "__main__":
    unittest.main()
