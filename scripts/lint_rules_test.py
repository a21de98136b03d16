#!/usr/bin/env python3
"""Tests of lint_rules.py: what it finds and what it leaves alone."""

import os
import tempfile
import unittest

import lint_rules

# Each is one statement in a coroutine.
MISCOMPILED = (
    "co_await Put({1, 2});",
    "auto got = co_await Put(Record{1});",
    "auto got = co_await Put(key, {.version = 1});",
    "Pair p{co_await Get(), 1};",
    "auto got = ready ? co_await Get() : 0;",
    "auto got = co_await (a ? Get() : Put());",
    "for (int i : co_await Get()) Use(i);",
    "for (const std::string& i : co_await storage.Get(key)) {\n  Use(i);\n}",
    "if (auto got = co_await Put(Record{}); got.ok()) {\n  Use(got);\n}",
    "co_await Await<int>([](Completion<int> done) {\n  done(1);\n}, Record{});",
    "co_return co_await Put(\n    Record{1});",
)
FINE = (
    "auto got = co_await Get(key);",
    "if (!co_await Ready()) {\n  return;\n}",
    "if (ready) {\n  co_await Get();\n}",
    "if (ready) { co_await Get(); }",
    "co_await Await<int>([&](Completion<int> done) {\n  threads.emplace_back([done] { Record{1}; });\n});",
    "co_await Await<int>([&a]() mutable -> absl::StatusOr<int> { return {a ? 1 : 2}; });",
    "auto record = Record{1};\nco_await Put(std::move(record));",
    "int x = a ? 1 : 2;\nco_await Get();",
    "for (int i = 0; i < 3; ++i) co_await Get();",
    "for (int i : list) co_await Get(i);",
    'co_await Say("really? {}");',
    "// co_await Put({1})\nGet();",
    "while (co_await Next(x::y)) {\n  Use();\n}",
)
HEADERS = (
    # (file, header, may it?)
    ("server/rpc/edge.cc", "grpcpp/grpcpp.h", True),
    ("server/main.cc", "grpcpp/grpcpp.h", True),
    ("clients/cpp/client.h", "twofold/v1/admin_service.grpc.pb.h", True),
    ("server/engine/engine.cc", "grpcpp/grpcpp.h", False),
    ("server/engine/engine.cc", "twofold/v1/admin_service.grpc.pb.h", False),
    ("storage/sqlite/database.cc", "SQLiteCpp/Database.h", True),
    ("server/engine/engine.cc", "sqlite3.h", False),
    ("crypto/aead.cc", "openssl/evp.h", True),
    ("storage/memory/memory.cc", "openssl/evp.h", False),
    ("storage/redis/reply.cc", "hiredis/hiredis.h", True),
    ("tests/e2e/walk.cc", "hiredis/hiredis.h", False),
    ("storage/memory/memory.cc", "crypto/bytes.h", False),
    ("storage/sqlite/database.cc", "server/options.h", False),
    ("storage/sqlite/database.cc", "storage/keys.h", True),
    ("server/methods/otp/totp.cc", "storage/keys.h", True),
    ("server/methods/otp/totp.cc", "storage/storage.h", False),
    ("server/methods/otp/totp.cc", "asio.hpp", False),
    ("server/builtins.cc", "storage/redis/redis_storage.h", True),
    ("server/readiness_monitor_test.cc", "storage/memory/memory_storage.h", True),
    ("server/stores.cc", "storage/sqlite/sqlite_storage.h", False),
    ("clients/cli/migrate_command.cc", "storage/redis/redis_storage.h", False),
)


def messages(path, text):
    return [message for _, message in lint_rules.findings(path, text)]


class LintRules(unittest.TestCase):
    def test_finds_statements_that_the_compiler_breaks(self):
        for statement in MISCOMPILED:
            code = "Task F() {\n  int first = 0;\n  %s\n}\n" % statement
            found = list(lint_rules.findings("server/a.cc", code))
            self.assertEqual(len(found), 1, (statement, found))
            self.assertIn("GCC 12", found[0][1])
            self.assertGreaterEqual(found[0][0], 3)

    def test_leaves_sound_coroutines_alone(self):
        for statement in FINE:
            self.assertEqual(messages("server/a.cc", "Task F() {\n  %s\n}\n" % statement), [], statement)

    def test_only_builtins_names_a_backend(self):
        for text in ('"redis"', '"sqlite:"', '"local:"', '"memory"', '"redis+cluster://h"', '"sqlite:/a/b.db"'):
            code = "bool F() { return uri == %s; }\n" % text
            self.assertEqual(len(messages("server/stores.cc", code)), 1, text)
            self.assertEqual(len(messages("clients/cli/a.cc", code)), 1, text)
            self.assertEqual(messages("server/builtins.cc", code), [], text)
            self.assertEqual(messages("server/stores_test.cc", code), [], text)
        for text in ('"by default sqlite:DATA_DIR/twofold.db"', '"file:"', '"storage"', '"rediscover"'):
            self.assertEqual(messages("server/stores.cc", "bool F() { return uri == %s; }\n" % text), [], text)

    def test_headers_stay_in_their_rooms(self):
        for path, header, allowed in HEADERS:
            for line in ('#include "%s"\n', "#  include <%s>\n"):
                self.assertEqual(not messages(path, line % header), allowed, (path, header))

    def test_words_and_paths(self):
        for path, line in (
            ("a/b.cc", "// TODO: more"),
            ("docs/a.md", "FIXME"),
            ("a/b_test.cc", "TEST(A, DISABLED_B) {}"),
            ("a/b_test.cc", "GTEST_SKIP();"),
            ("docs/a.md", "see /home/ann/x"),
            ("a/b_test.cc", 'Open("/tmp/x");'),
            ("server/methods/otp/totp.cc", "return SystemClock().Now();"),
        ):
            self.assertEqual(len(messages(path, line)), 1, (path, line))
        for path, line in (("docs/a.md", "https://example.com/home/x"), ("a/b_test.cc", "unix:/tmp/s"), ("a.cc", "kTodoList")):
            self.assertEqual(messages(path, line), [], (path, line))

    def test_nothing_waits_for_a_time_of_day(self):
        for line in (
            "mutex_.AwaitWithTimeout(absl::Condition(&stop_), kInterval);",
            "filled_.WaitWithDeadline(&mutex_, deadline);",
            "done.WaitForNotificationWithTimeout(kLimit);",
            "absl::SleepFor(wait);",
            "const absl::Time end = absl::Now() + budget;",
            "server_->Shutdown(std::chrono::system_clock::now());",
            "alarm_.Set(queue, gpr_time_0(GPR_CLOCK_REALTIME), tag);",
            "clock_gettime(CLOCK_REALTIME, &now);",
            "const time_t now = time(nullptr);",
            "asio::system_timer timer(executor);",
            "pthread_cond_timedwait(&filled, &mutex, &deadline);",
        ):
            for path in ("server/readiness_monitor.cc", "common/a.h", "clients/cli/a.cc", "storage/sqlite/a.cc"):
                self.assertEqual(len(messages(path, line)), 1, (path, line))
            for path in ("server/readiness_monitor_test.cc", "tests/e2e/a.cc", "bench/load/a.cc", "tests/harness/disk_faults.cc"):
                self.assertEqual(messages(path, line), [], (path, line))
        for line in ("stop_.WaitFor(kInterval);", "SteadySleep(wait);", "filled_.Wait(&mutex_);", "// not absl::Now(), which", "run_time(begin);"):
            self.assertEqual(messages("server/readiness_monitor.cc", line), [], line)
        self.assertEqual(messages("common/clock.cc", "return std::chrono::system_clock::now();"), [])

    def test_one_thread_writes_to_stderr(self):
        for line in ('std::cerr << "x";', 'fprintf(stderr, "x");', "write(STDERR_FILENO, text, 1);", 'perror("x");'):
            for path in ("server/main.cc", "server/rpc/a.h"):
                self.assertEqual(len(messages(path, line)), 1, (path, line))
            for path in ("server/ops/log.cc", "server/a_test.cc", "clients/cli/console.cc"):
                self.assertEqual(messages(path, line), [], (path, line))
        self.assertEqual(messages("server/options.cc", 'if (to == "stderr") return;  // Not stderr itself.'), [])

    def test_long_files(self):
        self.assertEqual(messages("a.cc", "\n" * lint_rules.MAX_LINES), [])
        self.assertEqual(len(messages("a.cc", "\n" * (lint_rules.MAX_LINES + 1))), 1)

    def test_prose_is_wrapped(self):
        word = "word "
        long = word * 30
        for text in (long, "- " + long, "1. " + long, "> " + long, "[a link](b.md) " + long, "```\ncode\n```\n" + long):
            self.assertEqual(len(messages("docs/a.md", text)), 1, text)
        for text in (
            (word * 20).strip(),
            "| " + long + "|",
            "    " + long,
            "```\n" + long + "\n```",
            "# " + long,
            "- [link](" + "x" * 100 + ")",
            "`" + long + "`",
        ):
            self.assertEqual(messages("docs/a.md", text), [], text)
        self.assertEqual(messages("a/b.py", long), [])

    def test_links_lead_somewhere(self):
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "docs"))
            with open(os.path.join(root, "docs", "a.md"), "w", encoding="utf-8") as file:
                file.write("# What is `it`?\n")
            for path, line, broken in (
                ("docs/a.md", "[a](a.md) [a](#what-is-it) [a](../docs/a.md#what-is-it) [a](https://b.c/d.md)", 0),
                ("README.md", "[a](docs/a.md) `[a](b.md)`", 0),
                ("README.md", "[a](a.md) [a](docs/a.md#other) [a](docs/b.md)", 3),
                ("c/d.cc", "// docs/a.md says why.", 0),
                ("c/d.cc", "// docs/b.md says why.", 1),
            ):
                self.assertEqual(len(list(lint_rules.link_findings(root, path, line))), broken, line)

    def test_quotes_are_exact(self):
        sample = "import a\n\n\ndef f():\n    # Why.\n    return a.b\n"
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "examples", "sample_service"))
            with open(os.path.join(root, "examples/sample_service/second_factor.py"), "w", encoding="utf-8") as file:
                file.write(sample)
            for quote, lines in (
                (sample, []),
                ("import a\n", []),
                ("    # Why.\n    return a.b\n", []),
                ("    return a.c\n", [3]),
                ("    return a.b  # Why.\n", [3]),
                ("# Why.\n    return a.b\n", [3]),
                ("    # Why.\n\n    return a.b\n", [3]),
                ("import a\ndef f():\n", [3]),
                ("", [3]),
            ):
                text = "# Title\n\n```python\n%s```\n" % quote
                found = list(lint_rules.quote_findings(root, "docs/guide-prompts.md", text))
                self.assertEqual([line for line, _ in found], lines, quote)
                self.assertEqual(list(lint_rules.quote_findings(root, "docs/guide.md", text)), [], quote)
            second = "```python\nimport a\n```\n\n```sh\nls\n```\n\n```python\nimport b\n```\n"
            found = list(lint_rules.quote_findings(root, "docs/guide-prompts.md", second))
            self.assertEqual([line for line, _ in found], [9])

    def test_walks_the_project_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as root:
            for path in ("a/b.cc", "bazel/c.bzl", "bazel-bin/d.cc", ".git/e.md", ".ci/run", "dev", "f.o", "twofold-data/g.md"):
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8"):
                    pass
            found = sorted(lint_rules.files_below(root))
            self.assertEqual([".ci/run", "a/b.cc", "bazel/c.bzl", "dev"], [path for path in found])


if __name__ == "__main__":
    unittest.main()
