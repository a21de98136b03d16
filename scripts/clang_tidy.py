#!/usr/bin/env python3
"""Runs the checks of .clang-tidy over the project's C++ files as Bazel compiles them.

usage: clang_tidy.py CACHE_FOLDER

Two passes. clangd runs the checks on each file, header or not, without walking through the system's headers: a tenth of
clang-tidy's time. What clangd leaves out (DEEP) clang-tidy runs on the files that are not tests.

A file that was clean is not looked at again until it, one of the project's headers that it reaches, the flags, the
checks or the tools change. Exits with 1 when a file has findings.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

CLANG_TIDY = "clang-tidy-16"
CLANGD = "clangd-16"
DEEP = "-*,clang-analyzer-*,bugprone-use-after-move,bugprone-unchecked-optional-access"
# GCC's, unknown to clang.
DROPPED_FLAGS = ("-fno-canonical-system-headers", "-Wno-free-nonheap-object", "-Wno-maybe-uninitialized")
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.M)


def compilations():
    """{source: flags} of every C++ file of the project that some target compiles."""
    query = ["bazel", "aquery", "--output=jsonproto", 'mnemonic("CppCompile", //...)']
    answer = subprocess.run(query, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    found = {}
    for action in json.loads(answer).get("actions", []):
        arguments = action["arguments"]
        source = arguments[arguments.index("-c") + 1]
        if source.startswith(("bazel-out/", "external/")):
            continue
        flags, skip = [], False
        for argument in arguments[1:]:
            if skip or argument in ("-c", "-o", "-MF"):
                skip = not skip
            elif not argument.startswith(("-MD", "-frandom-seed=")) and argument not in DROPPED_FLAGS:
                flags.append(argument)
        found.setdefault(source, flags)
    return found


def reached_files(source, flags):
    """The file and the project's headers that it includes, directly or not, generated ones too."""
    roots = ["."] + [flags[i + 1] for i, flag in enumerate(flags[:-1]) if flag in ("-iquote", "-I", "-isystem")]
    seen, queue = [], [source]
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.append(path)
        with open(path, "rb") as file:
            for name in INCLUDE.findall(file.read()):
                candidates = (os.path.normpath(os.path.join(root, name.decode())) for root in roots)
                queue.extend([path for path in candidates if os.path.isfile(path)][:1])
    return sorted(seen)


def fingerprint(run, source, flags, common):
    digest = hashlib.sha256(common)
    digest.update("\0".join((run, source) + tuple(flags)).encode())
    for path in reached_files(source, flags):
        with open(path, "rb") as file:
            digest.update(path.encode() + b"\0" + hashlib.sha256(file.read()).digest())
    return digest.hexdigest()


def header_flags(sources, reached):
    """{header: flags} of the project's own headers, with the flags of a file that includes it."""
    flags = {}
    for source in sorted(sources):
        for path in reached[source]:
            if path.endswith(".h") and not path.startswith("bazel-out/"):
                flags.setdefault(path, sources[source] + ["-xc++-header"])
    return flags


def output(command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    return run.returncode, run.stdout


def shallow(path, flags):
    """What clangd's checks say about a file; empty when it is clean."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as file:
            json.dump([{"directory": os.getcwd(), "file": path, "arguments": ["clang++"] + flags + ["-c", path]}], file)
        code, text = output([CLANGD, "--check=" + path, "--check-locations=false", "--compile-commands-dir=" + folder,
                             "--log=error"])
    found = re.findall(r"^E\[[^]]*\] \[(.*?)\] Line (\d+): (.*)$", text, re.M)
    findings = ["%s:%s: %s [%s]\n" % (path, line, message, check) for check, line, message in found]
    return "".join(findings) or (text if code else "")


def deep(path, flags):
    """What clang-tidy's slow checks say about a file; empty when it is clean."""
    code, text = output([CLANG_TIDY, "--quiet", "--checks=" + DEEP, path, "--"] + flags)
    return text if code else ""


def main():
    cache = os.path.join(sys.argv[1], "clang-tidy")
    os.makedirs(cache, exist_ok=True)
    with open(".clang-tidy", "rb") as config, open(__file__, "rb") as script:
        common = config.read() + script.read() + subprocess.check_output([CLANG_TIDY, "--version"])
    sources = compilations()
    reached = {source: reached_files(source, flags) for source, flags in sources.items()}
    jobs = [(shallow, path, flags) for path, flags in {**sources, **header_flags(sources, reached)}.items()]
    jobs += [(deep, path, flags) for path, flags in sources.items() if not path.endswith("_test.cc") and not path.startswith("tests/")]
    marks = {job: os.path.join(cache, fingerprint(job[0].__name__, job[1], job[2], common)) for job in ((j[0], j[1], tuple(j[2])) for j in jobs)}
    todo = [job for job, mark in marks.items() if not os.path.exists(mark)]
    dirty = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {pool.submit(run, path, list(flags)): marks[run, path, flags] for run, path, flags in sorted(todo, key=lambda job: job[1])}
        for run in concurrent.futures.as_completed(runs):
            if run.result():
                dirty += 1
                print(run.result(), end="", flush=True)
            else:
                with open(runs[run], "w", encoding="utf-8"):
                    pass
    return 1 if dirty else 0


if __name__ == "__main__":
    sys.exit(main())
