#!/usr/bin/env python3
"""Checks the project's own rules, which no other linter knows. Prints FILE:LINE: what is wrong; how to mend it.

usage: lint_rules.py [FOLDER]
"""

import os
import re
import sys

MAX_LINES = 500
MAX_COLUMNS = 100
CODE = ("**.cc", "**.h")
TEXT = CODE + tuple("**." + ending for ending in "bazel bzl BUILD css js json lua md mjs proto py sh yaml".split())
TEXT += ("dev", ".ci/run", "**Dockerfile")
SKIPPED_FOLDERS = ("bazel-*", ".git", "twofold-data", "__pycache__")
# These name what they look for.
SELF = ("scripts/lint_rules.py", "scripts/lint_rules_test.py")

# (who, may not include, unless the file is one of these, why). Patterns: regular expression of the header, globs of files.
GRPC_ROOMS = ("bazel/pch/*", "server/*.cc", "server/rpc/**", "clients/**", "tests/**", "bench/**")
# Tests name backends because they open them. The key ring in memory is not a backend.
BACKEND_NAMERS = ("server/builtins.*", "**_test.cc", "**_fixture.h")
BACKENDS_HIDDEN = "only server/builtins.cc names a backend; a registry entry has traits for what others must know"
BACKEND_TEXT = r'"(memory|sqlite|local|redis|rediss|redis\+\w+)(:[^" ]*)?"'
ROOMS = (
    ("**", r"grpc(pp)?/|.*\.grpc\.pb\.h", GRPC_ROOMS, "gRPC stays in server/rpc, the composition and the clients"),
    ("**", r"SQLiteCpp/|sqlite3\.h", ("storage/sqlite/**", "tests/**", "bench/**"), "SQLite stays in storage/sqlite"),
    ("**", r"openssl/", ("crypto/**", "storage/redis/*tls*.*"), "OpenSSL stays in crypto"),
    ("**", r"curl/", ("common/transfer.*",), "libcurl stays in common/transfer"),
    ("**", r"hiredis/", ("storage/redis/**", "tests/redis/**"), "hiredis stays in storage/redis"),
    ("storage/**", r"(crypto|server|clients)/", (), "backends see opaque bytes and know no other layer"),
    ("common/**", r"(crypto|storage|server|clients|proto|twofold)/", (), "common is the lowest layer"),
    ("crypto/**", r"(storage|server|clients)/", (), "crypto knows only common"),
    ("server/methods/**", r"storage/(?!keys\.h)|server/(rules|engine|store|rpc|ops)/|asio|common/(async|worker_thread)\.h", (), "methods do no I/O"),
    ("server/rules/**", r"server/(engine|store|rpc|ops)/|common/(async|worker_thread|task)\.h", (), "rules are pure functions"),
    ("server/**", r"storage/(local|memory|redis|sqlite)/", BACKEND_NAMERS, BACKENDS_HIDDEN),
    ("clients/**", r"storage/(local|memory|redis|sqlite)/", BACKEND_NAMERS, BACKENDS_HIDDEN),
    ("server/**", r"crypto/transit/", BACKEND_NAMERS, "only server/builtins.cc names a source of keys"),
    ("clients/**", r"crypto/transit/", BACKEND_NAMERS, "only server/builtins.cc names a source of keys"),
    ("server/engine/**", r"server/rpc/", (), "the engine knows nothing of the edge"),
)

# What runs for users, as opposed to what tests it.
PRODUCT = tuple(folder + "/**" + ending for folder in ("common", "crypto", "storage", "server", "clients") for ending in (".cc", ".h"))
TESTS = ("**_test.cc", "**_fixture.h")
# Debian's Abseil makes a time of day of every timeout.
ABSL_WAITS = r"\b(Await|LockWhen|ReaderLockWhen|WriterLockWhen|Wait|WaitForNotification|BlockingCounterWait)With(Timeout|Deadline)\b"
WALL_CLOCKS = r"\babsl::(SleepFor|Now|GetCurrentTimeNanos)\b|\b(system_clock|system_timer|deadline_timer|high_resolution_clock|gettimeofday|timespec_get|ftime)\b"
WALL_CLOCKS += r"|\b(GPR_)?CLOCK_REALTIME\w*|\btime\((nullptr|NULL|0|&\w+)\)|\b(pthread_cond|sem|pthread_mutex|mq)_timed\w+"
STEADY = "a clock that is set back would prolong it; wait and measure with common/steady.h, and ask Clock for the time of day"
STDERR = r"std::(cerr|clog)\b|\bstderr\b(?!\")|\bSTDERR_FILENO\b|\bperror\("

# (files, what they may not hold, how to mend it, and which files may all the same).
WORDS = (
    (CODE, r"\bDISABLED_|\bGTEST_SKIP\b", "a test that does not run proves nothing; mend or remove it"),
    (TEXT, r"\b(TODO|FIXME|XXX)\b", "do it now, or leave it to the issue tracker"),
    (TEXT, r"(?<![\w.$}/-])/(home|work|Users)/\w", "a path of one machine; use a relative one"),
    (CODE + (".py", ".sh"), r"(?<![\w.$}:-])/tmp/", "use TEST_TMPDIR or mktemp, so that two runs never meet"),
    (("server/methods/**.h", "server/methods/**.cc", "server/rules/**.h", "server/rules/**.cc"), r"\b(SystemClock|system_clock|absl::Now|time\(nullptr)\b", "methods and rules are given now"),
    (PRODUCT, ABSL_WAITS + "|" + WALL_CLOCKS, STEADY, TESTS + ("common/clock.cc",)),
    (("server/**.cc", "server/**.h"), STDERR, "only the log's thread writes to stderr; use server/ops/log.h", TESTS + ("server/ops/**",)),
)


def matches(path, globs):
    """Whether one of the globs fits; `*` stays within a folder, `**` does not."""
    expressions = (re.escape(glob).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") for glob in globs)
    return any(re.fullmatch(expression, path) for expression in expressions)


def files_below(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not matches(name, SKIPPED_FOLDERS))
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root)
            if matches(path, TEXT) and path not in SELF:
                yield path


def quote_findings(root, path, text):
    """The code of the sample that the guide quotes must be that of the sample."""
    if path != "docs/guide-prompts.md":
        return
    sample = "examples/sample_service/second_factor.py"
    with open(os.path.join(root, sample), encoding="utf-8") as file:
        code = file.read()
    for match in re.finditer(r"```python\n(.*?)```", text, re.S):
        # Whole lines, so that their indentation is the same too.
        if not match.group(1).strip() or "\n" + match.group(1) not in "\n" + code:
            yield text.count("\n", 0, match.start()) + 1, "this code is not in %s; copy it from there" % sample


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments_and_strings(text):
    """The same text with comments and the inside of literals blanked; every line keeps its number."""
    pattern = r'R"([^\s()\\]{0,16})\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, blank, text, flags=re.S)


def closing(text, start):
    """The index of the brace that closes the one at `start`."""
    depth = 0
    for i in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return len(text)


def opens_lambda(before):
    return re.search(r"(\)|\]|\bmutable|\bnoexcept|->\s*[\w:<>,\s&*]+)\s*$", before) is not None


def rest_of_statement(text, start):
    """From `start` to the end of the statement, without the bodies of lambdas (statements of their own)."""
    out, depth, i = [], 0, start
    while i < len(text):
        c = text[i]
        if c == ";" and depth == 0:
            break
        if c == "{" and opens_lambda("".join(out)):
            if depth == 0:
                # The body of an if or a loop.
                break
            i = closing(text, i) + 1
            continue
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth < 0:
                # The condition of an if or a loop ends here.
                break
        out.append(c)
        i += 1
    return "".join(out)


def coroutine_findings(text):
    """GCC 12 miscompiles a co_await with a braced list, in ?: and in a range-for initialiser."""
    code = without_comments_and_strings(text)
    for match in re.finditer(r"\bco_await\b", code):
        before = re.split(r"[;}]|\{(?=\s*\n)", code[: match.start()])[-1]
        after = rest_of_statement(code, match.end())
        line = code.count("\n", 0, match.start()) + 1
        head = re.search(r"\bfor\s*\(([^;]*)$", before)
        in_head = head and head.group(1).count("(") >= head.group(1).count(")")
        if in_head and re.search(r"(?<!:):(?!:)", head.group(1)):
            yield line, "GCC 12 miscompiles co_await in a range-for initialiser; await into a named local first"
        elif "?" in before + after:
            yield line, "GCC 12 miscompiles co_await beside ?:; write an if"
        elif "{" in after or re.search(r"[\w>=(,]\s*\{[^{]*$", before) and not opens_lambda(before[: before.rfind("{")]):
            yield line, "GCC 12 miscompiles a braced list in a co_await statement; name it and move it in"


def include_findings(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s+[<"]([^>"]+)', line)
        if not include:
            continue
        for who, header, rooms, why in ROOMS:
            if matches(path, (who,)) and not matches(path, rooms) and re.match(header, include.group(1)):
                yield number, "must not include %s: %s" % (include.group(1), why)


def wide_prose(lines):
    """The numbers of lines of Markdown that could be wrapped and are not. Tables and code blocks stay as they are."""
    fenced = False
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*(```|~~~)", line):
            fenced = not fenced
        if fenced or len(line) <= MAX_COLUMNS or re.match(r" {4}|\t|\s*\|", line):
            continue
        # An inline code, a link's target and a heading cannot be wrapped.
        words = re.sub(r"`[^`]*`", "`", re.sub(r"^\s*([-*>]|\d+\.)?\s*", "", line))
        if " " in words.strip() and not line.startswith("#"):
            yield number
def anchor_of(heading):
    """The anchor that a page shows for a heading, without its number signs."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")


def has_anchor(path, anchor):
    with open(path, encoding="utf-8") as file:
        headings = (line.lstrip("#") for line in file if line.startswith("#"))
        return anchor in {anchor_of(heading) for heading in headings}


def link_findings(root, path, text):
    """Links of a page, and pages that code names, which lead nowhere."""
    if matches(path, ("**.md",)):
        folder, pattern = os.path.dirname(path), r"\]\((?!https?:|mailto:)([^)\s]+)\)"
    else:
        folder, pattern = "", r"(?<![\w/.-])(docs/[\w/.-]+\.md)\b"
    for number, line in enumerate(text.splitlines(), 1):
        for link in re.findall(pattern, re.sub(r"`[^`]*`", "", line)):
            page, _, anchor = link.partition("#")
            target = os.path.join(root, folder, page) if page else os.path.join(root, path)
            if not os.path.exists(target):
                yield number, "there is no %s; mend the link" % link
            elif anchor and target.endswith(".md") and not has_anchor(target, anchor):
                yield number, "%s has no such heading; mend the link" % link


def backend_findings(path, text):
    """A string literal that is the scheme or the URI of a backend."""
    if not matches(path, ("server/**", "clients/**")) or matches(path, BACKEND_NAMERS + TESTS + ("server/options.h",)):
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = re.search(BACKEND_TEXT, re.sub(r"(?<!:)//.*", "", line))
        if found and "#include" not in line:
            yield number, "%s: %s" % (found.group(0), BACKENDS_HIDDEN)


def findings(path, text):
    """(line, message) of every violation in one file."""
    lines = text.splitlines()
    # Generated lock files are as long as they are.
    if len(lines) > MAX_LINES and not matches(path, ("**.md", "**package-lock.json")):
        yield MAX_LINES + 1, "longer than %d lines; split it by what its parts do" % MAX_LINES
    if matches(path, ("**.md",)):
        for number in wide_prose(lines):
            yield number, "longer than %d columns; wrap it" % MAX_COLUMNS
    code = without_comments_and_strings(text).splitlines() if matches(path, CODE) else lines
    for globs, pattern, mend, *but in WORDS:
        if not matches(path, globs) or matches(path, sum(but, ())):
            continue
        # What comments and strings say of a clock or of stderr is none.
        for number, line in enumerate(code if but else lines, 1):
            found = re.search(pattern, line)
            if found:
                yield number, "'%s': %s" % (found.group(0), mend)
    if matches(path, CODE):
        yield from include_findings(path, text)
        yield from backend_findings(path, text)
        yield from coroutine_findings(text)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    count = 0
    for path in files_below(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        for line, message in [*findings(path, text), *link_findings(root, path, text), *quote_findings(root, path, text)]:
            count += 1
            print("%s:%d: %s" % (path, line, message))
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
