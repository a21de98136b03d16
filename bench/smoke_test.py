"""Runs the whole benchmark on a few users. The figures mean nothing, but all of them must be there."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

HERE = os.path.dirname(os.path.abspath(__file__))
USERS = 400
DEPTHS = (1, 128)
RUN = [sys.executable, "-B", os.path.join(HERE, "run.py")]


def run(*arguments):
    return subprocess.run(
        RUN + list(arguments), env=dict(os.environ, TWOFOLD_BIN="."), capture_output=True, text=True, check=False
    )


class SmokeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        cls.files = {kind: os.path.join(cls.folder, "bench." + kind) for kind in ("json", "svg", "markdown")}
        tiny = [
            "--subjects=%d" % USERS,
            "--in_flight=1,128",
            "--rounds=1",
            "--seconds=0.2",
            "--growth=",
            "--backends=sqlite,redis",
        ]
        cls.done = run(*tiny, "--dir", cls.folder, *("--%s=%s" % file for file in cls.files.items()))
        if cls.done.returncode != 0:
            raise AssertionError(cls.done.stderr)
        with open(cls.files["json"], encoding="utf-8") as file:
            cls.results = json.load(file)

    def test_every_backend_has_every_figure(self):
        keys = ["p50_us", "p99_us", "server_cpu_us"]
        keys += [
            "%s_at_%d" % (name, depth) for name in ("qps", "ratio", "server_cpu_us", "allocations") for depth in DEPTHS
        ]
        for name in ("bare", "sqlite", "redis"):
            for key in keys:
                self.assertGreater(self.results[name][key], 0, "%s: %s" % (name, key))
        for name in ("sqlite", "redis"):
            for key in ("stored_bytes_per_subject", "start_ms", "idle_bytes", "loaded_bytes", "busy_own_ms"):
                self.assertGreater(self.results[name][key], 0, "%s: %s" % (name, key))
            self.assertGreater(self.results[name]["overload"]["offered_qps"], 0)
            for key in ("accepted_qps", "ratio", "verify_ratio", "server_cpu_us"):
                self.assertGreater(self.results[name]["store"][key], 0, "%s: storage alone, %s" % (name, key))

    def test_every_login_is_accepted(self):
        for name in ("bare", "sqlite", "redis"):
            self.assertEqual(self.results[name]["refused"], {}, name)
            self.assertEqual(self.results[name]["open_refused"], {}, name)
            self.assertEqual(self.results[name].get("store", {}).get("refused", {}), {}, name)

    def test_users_that_meet_in_the_limiter_are_not_refused(self):
        # About four pairs of 3,000 users share a bucket of the local limiter, which is enough for eight passes.
        file = os.path.join(self.folder, "met.json")
        crowd = ["--backends=memory", "--parts=loops", "--growth=", "--subjects=3000", "--in_flight=128"]
        done = run(*crowd, "--rounds=1", "--seconds=4", "--dir", self.folder, "--json", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(file, encoding="utf-8") as results:
            memory = json.load(results)["memory"]
        self.assertNotIn("8 too many attempts; wait", memory["refused"])

    def test_more_in_flight_than_usual_alone_had_no_table(self):
        few = ["--backends=sqlite", "--parts=loops", "--growth=", "--subjects=%d" % USERS, "--in_flight=200"]
        done = run(*few, "--rounds=1", "--seconds=0.2", "--dir", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Growth", done.stdout)

    def test_paths_end_as_they_should(self):
        for name, paths in self.results["paths"].items():
            for path in ("verify", "address", "request_id"):
                self.assertEqual(list(paths[path]["outcomes"]), ["OK"], "%s: %s" % (name, path))
            for path in ("wrong", "replay", "limited"):
                self.assertNotIn("OK", paths[path]["outcomes"], "%s: %s" % (name, path))
                self.assertEqual(len(paths[path]["outcomes"]), 1, "%s: %s" % (name, path))

    def test_floors_are_measured(self):
        for name in ("disk", "sqlite_1", "sqlite_128", "redis_1", "redis_128", "redis_everysec_1"):
            self.assertGreater(self.results["floors"][name]["qps"], 0, name)
        self.assertGreater(self.results["floors"]["crypto"]["us"], 0)

    def test_tables_and_picture(self):
        self.assertIn("Other paths", self.done.stdout)
        self.assertNotIn("NOT CLEAN", self.done.stdout)
        with open(self.files["markdown"], encoding="utf-8") as file:
            page = file.read()
        self.assertIn("| SQLite, synchronous=FULL |", page)
        self.assertEqual(page.count("|---|"), 1, "one table: the others are for the terminal")
        xml.dom.minidom.parse(self.files["svg"])

    def test_nothing_is_left_behind(self):
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("twofold-bench-")], [])

    def test_mistakes_are_named(self):
        for arguments, word in (
            (["--backends=oracle"], "oracle"),
            (["--subjects=10"], "--subjects"),
            (["--dir=/nowhere"], "--dir"),
        ):
            done = run(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
