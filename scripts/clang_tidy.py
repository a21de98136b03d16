#!/usr/bin/env python3
"""Runs the checks of .clang-tidy over the project's C++ files as Bazel compiles them.

usage: clang_tidy.py CACHE_FOLDER

clangd runs the checks without walking through what a file includes, in a tenth of clang-tidy's time, so each of the
project's headers is pasted in front of the file that implements it. It leaves out the checks that follow a path through
a function (clang-analyzer-*, bugprone-use-after-move, bugprone-unchecked-optional-access).

A file that was clean is not looked at again until it, one of the project's headers that it reaches, the flags, the
checks or the tools change. Exits with 1 when a file has findings.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

CLANGD = "clangd-16"
# Tests allocate and copy as they like, and their random inputs have fixed seeds.
TEST_CONFIG = """
InheritParentConfig: true
Checks: >
  -bugprone-implicit-widening-of-multiplication-result,
  -bugprone-narrowing-conversions,
  -bugprone-unchecked-optional-access,
  -cert-msc*,
  -cppcoreguidelines-init-variables,
  -cppcoreguidelines-no-malloc,
  -cppcoreguidelines-prefer-member-initializer,
  -cppcoreguidelines-virtual-class-destructor,
  -misc-misleading-bidirectional,
  -modernize-pass-by-value,
  -modernize-use-emplace,
  -performance-*
"""
# GCC's, unknown to clang.
DROPPED_FLAGS = (
    "-fno-canonical-system-headers",
    "-Wno-free-nonheap-object",
    "-Wno-maybe-uninitialized",
    "-Wno-restrict",
    "-Wno-stringop-overflow",
    "-Wno-stringop-overread",
)
# A part of -Wconversion for clang and not for GCC; and what clang says of functions that only a fixture's initialiser calls.
CLANG_ONLY_WARNINGS = ["-Wno-sign-conversion", "-Wno-unneeded-internal-declaration"]
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
            if skip or argument in ("-c", "-o", "-MF", "-include"):
                skip = not skip
            elif not argument.startswith(("-MD", "-frandom-seed=", "-D__")) and argument not in DROPPED_FLAGS:
                flags.append(argument)
        found.setdefault(source, flags + CLANG_ONLY_WARNINGS)
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


def pasted(sources, reached):
    """[(files, flags)] so that each source and each header is in one: foo.cc has foo.h before it, other headers are alone."""
    alone = {}
    for source in sorted(sources):
        for path in reached[source]:
            if path.endswith(".h") and not path.startswith("bazel-out/"):
                alone.setdefault(path, sources[source])
    units = []
    for source, flags in sources.items():
        header = source[: -len(".cc")] + ".h"
        units.append(([header, source] if alone.pop(header, None) else [source], flags))
    return units + [([header], flags) for header, flags in alone.items()]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def output(command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    return run.returncode, run.stdout


def shallow(files, flags, for_tests):
    """What clangd's checks say about files pasted together; empty when they are clean."""
    texts = [read(path) for path in files]
    starts = [sum(text.count("\n") for text in texts[:i]) for i in range(len(texts))]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(".clang-tidy", folder)
        unit = os.path.join(folder, "unit", os.path.basename(files[-1]).replace(".h", "_h.cc"))
        os.mkdir(os.path.dirname(unit))
        if for_tests:
            write(os.path.join(folder, "unit", ".clang-tidy"), TEST_CONFIG)
        write(unit, "".join(texts))
        command = {"directory": os.getcwd(), "file": unit, "arguments": ["clang++"] + flags + ["-c", unit]}
        write(os.path.join(folder, "compile_commands.json"), json.dumps([command]))
        code, text = output([CLANGD, "--check=" + unit, "--check-locations=false", "--compile-commands-dir=" + folder, "--log=error"])
    findings = []
    for check, line, message in re.findall(r"^E\[[^]]*\] \[(.*?)\] Line (\d+): (.*)$", text, re.M):
        part = max(i for i, start in enumerate(starts) if start < int(line))
        findings.append("%s:%d: %s [%s]\n" % (files[part], int(line) - starts[part], message, check))
    return "".join(findings) or (text if code else "")


def test_files():
    """The sources and headers of targets that are for tests only."""
    labels = 'labels("%s", attr("testonly", 1, //...))'
    query = ["bazel", "query", labels % "srcs" + " + " + labels % "hdrs"]
    answer = subprocess.run(query, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8").stdout
    return {label.strip("/").replace(":", "/") for label in answer.split()}


def main():
    cache = os.path.join(sys.argv[1], "clang-tidy")
    os.makedirs(cache, exist_ok=True)
    common = (read(".clang-tidy") + read(__file__)).encode() + subprocess.check_output([CLANGD, "--version"])
    sources = compilations()
    reached = {source: reached_files(source, flags) for source, flags in sources.items()}
    tests = test_files()
    jobs = [(shallow, files, flags) for files, flags in pasted(sources, reached)]
    dirty = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {}
        for check, files, flags in jobs:
            mark = os.path.join(cache, fingerprint(check.__name__, files[-1], flags, common))
            if not os.path.exists(mark):
                runs[pool.submit(check, files, flags, files[-1] in tests)] = mark
        for run in concurrent.futures.as_completed(runs):
            if run.result():
                dirty += 1
                print(run.result(), end="", flush=True)
            else:
                write(runs[run], "")
    return 1 if dirty else 0


if __name__ == "__main__":
    sys.exit(main())
