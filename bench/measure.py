"""Measures one backend, or one part of the benchmark, and summarises the rounds."""

import os
import statistics
import time

from backends import Backend
from processes import run_lines
from settings import MAIN

# Latency is measured at this share of the capacity.
LOAD = 0.7
OVERLOAD = 2.0
PATH_SUBJECTS = 20_000
LIMITED_SUBJECTS = 1_000
# These keep the other paths from ending in a lock.
NO_LOCKS = ["--limit_attempts=10000", "--permanent_lock_after=1000000000", "--lock_after=1000000000", "--long_term_budget=1000000000"]
ONE_ATTEMPT = ["--limit_attempts=1", "--limit_window=8760h"]
# (modes, users, flags of the limits), each on a server of its own.
PATHS = (
    ("verify,address,request_id,wrong", PATH_SUBJECTS, NO_LOCKS),
    ("replay", PATH_SUBJECTS, NO_LOCKS),
    ("wrong", LIMITED_SUBJECTS, ONE_ATTEMPT),
)


def main_depth(in_flight):
    return MAIN if MAIN in in_flight else in_flight[-1]


def median(lines, key):
    return statistics.median(line[key] for line in lines)


def of_mode(lines, mode, in_flight):
    return [line for line in lines if line.get("mode") == mode and line["in_flight"] == in_flight]


def refusals(lines):
    """Returns how many calls ended in each error."""
    counts = {}
    for line in lines:
        for name, count in line["refused"].items():
            counts[name] = counts.get(name, 0) + count
    return counts


def summed_up(lines, in_flight):
    """Summarises the rounds of one mode by calls in flight. Rates count accepted calls only."""
    out = {}
    for depth in in_flight:
        some = [line for line in lines if line["in_flight"] == depth]
        out["qps_at_%d" % depth] = median(some, "accepted_qps")
        for key in ("p50_us", "p99_us", "server_cpu_us", "redis_cpu_us", "client_cpu_us", "allocations"):
            out["%s_at_%d" % (key, depth)] = median(some, key)
    out["refused"] = refusals(lines)
    return out


def compared(lines, in_flight):
    """Compares the rounds of Verify with the no-op rounds beside them."""
    out = summed_up([line for line in lines if line.get("mode") == "verify"], in_flight)
    for depth in in_flight:
        bare = of_mode(lines, "bare", depth)
        verify = of_mode(lines, "verify", depth)
        ratios = [v["accepted_qps"] / b["accepted_qps"] for v, b in zip(verify, bare)]
        out["ratio_at_%d" % depth] = statistics.median(ratios)
        out["ratio_spread_at_%d" % depth] = [min(ratios), max(ratios)]
        out["cpu_ratio_at_%d" % depth] = median(verify, "server_cpu_us") / median(bare, "server_cpu_us")
        out["bare_qps_at_%d" % depth] = median(bare, "accepted_qps")
        out["bare_p50_us_at_%d" % depth] = median(bare, "p50_us")
    depth = main_depth(in_flight)
    out["server_cpu_us"] = out["server_cpu_us_at_%d" % depth]
    out["peak_qps"] = max(out["qps_at_%d" % depth] for depth in in_flight)
    return out


def prepare(backend, subjects):
    """Stores the users and starts a new server on them. Returns what that took."""
    backend.seed(subjects)
    out = {"subjects": subjects}
    if backend.name == "memory":
        return out
    backend.stop_server()
    out["stored_bytes_per_subject"] = backend.stored_bytes(subjects)
    out["start_ms"] = backend.restart(subjects)
    time.sleep(0.3)
    out["idle_bytes"] = backend.server.resident_bytes()
    return out


def measure_backend(name, settings, binaries, folder, progress):
    """Returns (figures of the backend, its rounds)."""
    progress.say("%s: %d users" % (name, settings.subjects))
    with Backend(name, binaries, folder) as backend:
        out = prepare(backend, settings.subjects)
        flags = ["--rounds", settings.rounds, "--seconds", settings.seconds, "--warm_up", settings.warm_up]
        depths = ["--in_flight", ",".join(map(str, settings.in_flight))]
        rounds = backend.load(settings.subjects, "closed", *flags, *depths, on_line=progress.tick)
        out.update(compared(rounds, settings.in_flight))
        out["loaded_bytes"] = max(line["resident_bytes"] for line in rounds)

        watch = ["--modes", "verify", "--watch", "--rounds", 2, "--seconds", settings.seconds]
        watch += ["--in_flight", settings.in_flight[-1]]
        *_, watched = backend.load(settings.subjects, "closed", *watch, on_line=progress.tick)
        out["busy_own_ms"] = watched["busy"]["own_us"] / 1000
        out["busy_wall_ms"] = watched["busy"]["wall_us"] / 1000

        # Storage alone does not ask the limiter, so this backend would repeat the figures of SQLite.
        if name != "sqlite_redis_limiter":
            out["store"] = storage_alone(backend, settings, progress)
        if "open" in settings.parts:
            out.update(open_loop(backend, settings, "verify", out["peak_qps"], progress))
        if "overload" in settings.parts:
            out["overload"] = overload(backend, settings, out["peak_qps"], progress)
        backend.stop_server()
    return out, rounds


def storage_alone(backend, settings, progress):
    """Measures only the storage's part of a login."""
    depth = main_depth(settings.in_flight)
    flags = ["--modes", "bare,store,verify", "--rounds", settings.rounds, "--in_flight", depth]
    flags += ["--seconds", settings.seconds, "--warm_up", settings.warm_up]
    lines = backend.load(settings.subjects, "closed", *flags, on_line=progress.tick)
    bare, store, verify = (of_mode(lines, mode, depth) for mode in ("bare", "store", "verify"))
    out = {key: median(store, key) for key in ("accepted_qps", "server_cpu_us", "redis_cpu_us", "client_cpu_us")}
    out["refused"] = refusals(store)
    for name, whole, part in (("ratio", bare, store), ("verify_ratio", store, verify)):
        out[name] = statistics.median(p["accepted_qps"] / w["accepted_qps"] for w, p in zip(whole, part))
    return out


def open_loop(backend, settings, mode, peak, progress):
    """Measures latencies at a share of the capacity."""
    # A pass over the users must last longer than a stall of the server, or codes would be too old after it.
    rate = max(10, min(int(LOAD * peak), 2 * settings.subjects))
    flags = ["--mode", mode, "--rate", rate, "--seconds", settings.open_seconds]
    line = backend.load(settings.subjects, "open", *flags, on_line=progress.tick)[0]
    return {"open_rate": rate, "p50_us": line["p50_us"], "p99_us": line["p99_us"], "open_refused": line["refused"]}


def overload(backend, settings, peak, progress):
    """Sends calls at twice the capacity. Callers give them up before the users' next step."""
    rate = max(20, int(OVERLOAD * peak))
    deadline_ms = max(5, min(1000, int(800 * settings.subjects / rate)))
    flags = ["--rate", rate, "--seconds", settings.overload_seconds, "--warm_up", 0.5, "--deadline_ms", deadline_ms]
    line = backend.load(settings.subjects, "open", *flags, on_line=progress.tick)[0]
    return {
        "offered_qps": line["offered_qps"],
        "held_back_qps": line["held_back_qps"],
        "missed_qps": line["missed_qps"],
        "accepted_qps": line["accepted_qps"],
        "of_peak": line["accepted_qps"] / peak,
        "p50_us": line["p50_us"],
        "p99_us": line["p99_us"],
        "deadline_ms": deadline_ms,
        "refused": line["refused"],
    }


def measure_growth(name, subjects, settings, binaries, folder, progress):
    """Measures fewer figures of one backend at another number of users."""
    progress.say("%s: %d users" % (name, subjects))
    depth = min(MAIN, subjects // 2)
    with Backend(name, binaries, folder) as backend:
        out = prepare(backend, subjects)
        flags = ["--rounds", settings.rounds, "--seconds", settings.seconds, "--warm_up", settings.warm_up]
        rounds = backend.load(subjects, "closed", *flags, "--in_flight", depth, on_line=progress.tick)
        out.update(compared(rounds, [depth]))
        out["loaded_bytes"] = max(line["resident_bytes"] for line in rounds)
        backend.stop_server()
    return out


def measure_paths(name, settings, binaries, folder, progress):
    """Measures calls other than plain logins."""
    progress.say("%s: other paths" % name)
    depth = main_depth(settings.in_flight)
    flags = ["--rounds", 2, "--seconds", settings.seconds, "--in_flight", depth]
    out = {}
    for modes, users, guards in PATHS:
        users = min(users, settings.subjects)
        limited = guards is ONE_ATTEMPT
        with Backend(name, binaries, os.path.join(folder, "limited" if limited else modes), guards) as backend:
            backend.seed(users)
            # The first pass over the users empties the buckets of the limiter.
            warm_up = 1.0 if limited else settings.warm_up
            more = ["--modes", modes, "--warm_up", warm_up]
            lines = backend.load(users, "closed", *more, *flags, on_line=progress.tick)
            backend.stop_server()
        for mode in modes.split(","):
            out["limited" if limited else mode] = path_figures(of_mode(lines, mode, depth))
    return out


def path_figures(lines):
    figures = {key: median(lines, key) for key in ("qps", "p50_us", "p99_us", "server_cpu_us", "allocations")}
    figures["outcomes"] = refusals(lines)
    accepted = sum(line["accepted"] for line in lines)
    if accepted:
        figures["outcomes"]["OK"] = accepted
    return figures


def measure_floors(settings, binaries, folder, progress):
    """Measures each part of a Verify alone, in the same run."""
    progress.say("floors")
    binary = os.path.join(binaries, "floors")
    os.makedirs(folder)

    def floor(*arguments):
        return run_lines([binary] + [str(argument) for argument in arguments], on_line=progress.tick)[0]

    seconds = ["--seconds", settings.seconds]
    out = {"crypto": floor("crypto"), "disk": floor("disk", "--path", folder, *seconds)}
    for depth in (1, MAIN):
        count = ["--subjects", settings.subjects, "--in_flight", depth]
        database = os.path.join(folder, "floor-%d.db" % depth)
        out["sqlite_%d" % depth] = floor("sqlite", "--path", database, *count, *seconds)
    for name in ("redis", "redis_everysec"):
        with Backend(name, binaries, os.path.join(folder, name)) as backend:
            for depth in (1, MAIN):
                count = ["--subjects", PATH_SUBJECTS if depth > 1 else 1000, "--in_flight", depth]
                out["%s_%d" % (name, depth)] = floor("redis", "--port", backend.redis.port, *count, *seconds)
                backend.redis.flush()
    return out
