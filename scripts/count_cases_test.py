#!/usr/bin/env python3
"""Tests of count_cases.py over build events and test.xml files as Bazel and GoogleTest write them."""

import json
import os
import tempfile
import unittest

import count_cases

PASSED_CASE = '<testcase name="a" status="run" result="completed"/>'
FAILED_CASE = '<testcase name="b" status="run" result="completed"><failure message="no"/></testcase>'
SKIPPED_CASE = '<testcase name="c" status="run" result="skipped"><skipped message=""/></testcase>'
DISABLED_CASE = '<testcase name="DISABLED" status="notrun" result="suppressed"/>'


class CountCases(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.files = 0

    def result(self, label, status, cases=None, shard=1, attempt=1):
        outputs = [{"name": "test.log", "uri": "file:///none"}]
        if cases is not None:
            self.files += 1
            path = os.path.join(self.folder, "%d test.xml" % self.files)
            with open(path, "w", encoding="utf-8") as file:
                file.write("<testsuites><testsuite>%s</testsuite></testsuites>" % "".join(cases))
            outputs.append({"name": "test.xml", "uri": "file://" + path.replace(" ", "%20")})
        test = {"label": label, "run": 1, "shard": shard, "attempt": attempt}
        return {"id": {"testResult": test}, "testResult": {"status": status, "testActionOutput": outputs}}

    def expect(self, events, exit_code, passed, failed):
        self.assertEqual(count_cases.count(events, exit_code), (passed, failed))

    def test_cases_of_all_targets_and_shards(self):
        events = [self.result("//a", "PASSED", [PASSED_CASE] * 3, shard=n) for n in (1, 2)]
        events += [self.result("//b", "FAILED", [PASSED_CASE, FAILED_CASE])]
        self.expect(events, 3, 7, 1)

    def test_a_case_that_did_not_run_is_no_pass(self):
        self.expect([self.result("//a", "PASSED", [PASSED_CASE, SKIPPED_CASE, DISABLED_CASE])], 0, 1, 2)

    def test_a_crash_is_a_failure_though_all_cases_so_far_passed(self):
        failed = self.result("//b", "FAILED", [FAILED_CASE])
        self.expect([self.result("//a", "FAILED", [PASSED_CASE]), failed], 3, 1, 2)
        self.expect([self.result("//a", "TIMEOUT")], 3, 0, 1)

    def test_a_target_without_cases_counts_by_its_status(self):
        self.expect([self.result("//a", "PASSED"), self.result("//b", "PASSED", [])], 0, 2, 0)

    def test_a_file_that_is_no_xml_counts_by_the_status(self):
        event = self.result("//a", "PASSED", [PASSED_CASE])
        with open(os.path.join(self.folder, "1 test.xml"), "w", encoding="utf-8") as file:
            file.write("<testsuites>")
        self.expect([event], 0, 1, 0)

    def test_only_the_last_attempt_of_a_flaky_test_counts(self):
        first = self.result("//a", "FAILED", [FAILED_CASE], attempt=1)
        self.expect([first, self.result("//a", "PASSED", [PASSED_CASE], attempt=2)], 0, 1, 0)

    def test_a_failed_build_is_one_failure(self):
        self.expect([self.result("//a", "PASSED", [PASSED_CASE])], 1, 1, 1)

    def test_no_tests_at_all_is_a_failure(self):
        self.expect([], 4, 0, 1)

    def test_a_failure_that_no_event_tells_of_is_one(self):
        self.expect([self.result("//a", "PASSED", [PASSED_CASE])], 3, 1, 1)

    def test_a_file_of_events_that_is_cut_is_read_as_far_as_it_goes(self):
        path = os.path.join(self.folder, "events")
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(self.result("//a", "PASSED", [PASSED_CASE])) + "\n{\"id\": {")
        self.expect(count_cases.read_events(path), 8, 1, 1)


if __name__ == "__main__":
    unittest.main()
