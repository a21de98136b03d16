#!/usr/bin/env python3
"""Closed loop at 128 calls in flight over memory, sqlite and redis; the rest follows."""

import os
import shutil
import statistics
import sys
import tempfile

from processes import Redis, Server, run_lines

SUBJECTS = 20000


def main():
    binaries = os.path.join(os.environ.get("BENCH_BIN", "bazel-bin"), "bench")
    root = tempfile.mkdtemp(prefix="twofold-bench-")
    for name in sys.argv[1:] or ["memory", "sqlite", "redis"]:
        folder = os.path.join(root, name)
        os.makedirs(folder)
        ring = os.path.join(folder, "ring.json")
        flags = ["--seed_subjects=%d" % SUBJECTS, "--keyring=file:" + ring, "--new_keyring=" + ring]
        redis = None
        if name == "memory":
            flags += ["--storage=memory:"]
        if name == "redis":
            redis = Redis(folder + "-redis", "always")
            flags += ["--storage=" + redis.uri, "--limit_attempts=10000"]
        server = Server(os.path.join(binaries, "bench_server"), folder, flags)
        server.await_listening()
        load = [os.path.join(binaries, "load"), "--target", server.address, "--subjects", str(SUBJECTS), "closed", "--rounds", "5"]
        rounds = run_lines(load + ["--redis_pid", str(redis.pid if redis else 0)])
        by_mode = {mode: [line for line in rounds if line["mode"] == mode] for mode in ("bare", "verify")}
        median = {
            mode: {key: statistics.median(line[key] for line in lines) for key in lines[0] if isinstance(lines[0][key], (int, float))}
            for mode, lines in by_mode.items()
        }
        ratio = median["verify"]["qps"] / median["bare"]["qps"]
        print("%s: ratio %.2f" % (name, ratio))
        for mode in ("bare", "verify"):
            keys = ("qps", "p50_us", "p99_us", "server_cpu_us", "redis_cpu_us", "client_cpu_us", "allocations")
            print("  %-6s" % mode, *("%s=%.0f" % (key, median[mode][key]) for key in keys), [line["refused"] for line in by_mode[mode] if line["refused"]])
        server.stop()
        if redis:
            redis.stop()
    shutil.rmtree(root)


main()
