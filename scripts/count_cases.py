#!/usr/bin/env python3
"""Prints "N passed, N failed": the test cases of one `bazel test`.

usage: count_cases.py BUILD_EVENTS BAZEL_EXIT_CODE

Cases are counted in the test.xml files that Bazel's build events (--build_event_json_file) name, so that no file of
an earlier run is counted. A case that did not run counts as failed, a test without cases by its own status, and a
build that failed as one failure.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as xml

# Bazel's exit codes for "all is well" and "the build is, some tests are not".
OK, TESTS_FAILED = 0, 3


def last_attempts(events):
    """The last result of each test and shard: an earlier attempt of a flaky test does not count."""
    results = {}
    for event in events:
        test = event.get("id", {}).get("testResult")
        if test and "testResult" in event:
            results[test["label"], test.get("run"), test.get("shard")] = event["testResult"]
    return results.values()


def count_file(path):
    """(passed, failed) of a test.xml; (0, 0) when it holds no case or cannot be read."""
    passed = failed = 0
    try:
        cases = xml.parse(path).getroot().iter("testcase")
        for case in cases:
            did_not_run = case.get("status") == "notrun" or case.get("result") in ("skipped", "suppressed")
            if did_not_run or any(case.find(tag) is not None for tag in ("failure", "error", "skipped")):
                failed += 1
            else:
                passed += 1
    except (OSError, xml.ParseError):
        return 0, 0
    return passed, failed


def count(events, exit_code):
    """(passed, failed) of a whole run."""
    passed = failed = 0
    for result in last_attempts(events):
        files = [output["uri"] for output in result.get("testActionOutput", []) if output["name"] == "test.xml"]
        counts = [count_file(urllib.parse.unquote(urllib.parse.urlparse(uri).path)) for uri in files]
        in_target = sum(c[0] for c in counts), sum(c[1] for c in counts)
        if result.get("status") == "PASSED":
            passed += in_target[0] or (0 if in_target[1] else 1)
            failed += in_target[1]
        else:
            # A crash or a time-out may leave a file in which every case so far passed.
            passed += in_target[0]
            failed += in_target[1] or 1
    if exit_code not in (OK, TESTS_FAILED) or (exit_code == TESTS_FAILED and not failed):
        failed += 1
    return passed, failed


def read_events(path):
    """The events of a file with one JSON object a line; the last may be cut when Bazel was killed."""
    events = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            try:
                events.append(json.loads(line))
            except ValueError:
                continue
    return events


def main():
    path, exit_code = sys.argv[1], int(sys.argv[2])
    print("%d passed, %d failed" % count(read_events(path), exit_code))


if __name__ == "__main__":
    main()
