"""Makes tables of the figures: a short one for docs/performance.md, and all others for the terminal."""

import goals
from backends import TITLES
from measure import main_depth
from settings import MAIN
from table import Table, exact, megabytes, millis, number, share


RELATIVE = "relative to a no-op RPC"
WITH_SPREAD = RELATIVE + " (min–max)"


def title_of(name):
    return "no-op RPC" if name == "bare" else TITLES[name]


def of_bare(figures, depth):
    low, high = figures["ratio_spread_at_%d" % depth]
    return "%.2f (%.2f–%.2f)" % (figures["ratio_at_%d" % depth], low, high)


def outcomes_text(counts):
    return "; ".join("%s × %s" % (format(count, ","), name) for name, count in sorted(counts.items())) or "none"


def goals_table(results):
    table = Table("Goals", ["", "measured", "required / target", "result"])
    for goal in goals.all_goals(results):
        bounds = [goal.required] if goal.target is None else [goal.required, goal.target]
        sign = "≤ " if goal.at_most else "≥ "
        limits = " / ".join(sign + exact(bound) for bound in bounds)
        table.rows.append([goal.what, exact(goal.measured), limits, goal.verdict()])
    return table


def backends_of(results):
    return [name for name in TITLES if name in results]


def main_table(results, depths):
    depth = main_depth(depths)
    table = Table(
        "Verify, %s users, %d in flight" % (format(results["settings"]["subjects"], ","), depth),
        [
            "",
            "calls/s",
            WITH_SPREAD,
            "server CPU, µs",
            "CPU, " + RELATIVE,
            "Redis CPU, µs",
            "client CPU, µs",
            "allocations",
            "p50, ms",
            "p99, ms",
        ],
    )
    for name in ["bare"] + backends_of(results):
        figures = results[name]
        row = [title_of(name), number(figures["qps_at_%d" % depth])]
        if name == "bare":
            row += ["1", number(figures["server_cpu_us_at_%d" % depth]), "1", ""]
        else:
            row += [
                of_bare(figures, depth),
                number(figures["server_cpu_us_at_%d" % depth]),
                share(figures["cpu_ratio_at_%d" % depth]),
            ]
            row.append(number(figures["redis_cpu_us_at_%d" % depth]) if "redis" in name else "")
        row += [number(figures["client_cpu_us_at_%d" % depth]), number(figures["allocations_at_%d" % depth])]
        row += [millis(figures["p50_us_at_%d" % depth]), millis(figures["p99_us_at_%d" % depth])]
        table.rows.append(row)
    return table


def depth_tables(results, depths):
    for title, cell in (
        ("Calls per second by calls in flight", lambda name, f, d: number(f["qps_at_%d" % d])),
        ("Calls per second %s, by calls in flight" % WITH_SPREAD, lambda name, f, d: "1" if name == "bare" else of_bare(f, d)),
        (
            "p50 / p99 in ms by calls in flight",
            lambda name, f, d: "%s / %s" % (millis(f["p50_us_at_%d" % d]), millis(f["p99_us_at_%d" % d])),
        ),
    ):
        table = Table(title, [""] + [str(depth) for depth in depths])
        for name in ["bare"] + backends_of(results):
            table.rows.append([title_of(name)] + [cell(name, results[name], depth) for depth in depths])
        yield table


def store_table(results, depths):
    head = ["", "calls/s", RELATIVE, "server CPU, µs", "Redis CPU, µs", "client CPU, µs", "Verify, relative to this"]
    depth = main_depth(depths)
    table = Table("An RPC that only counts an attempt, reads a record and writes it, %d in flight" % depth, head)
    for name in [name for name in backends_of(results) if "store" in results[name]]:
        figures = results[name]["store"]
        row = [TITLES[name], number(figures["accepted_qps"]), share(figures["ratio"]), number(figures["server_cpu_us"])]
        row += [number(figures["redis_cpu_us"]) if "redis" in name else "", number(figures["client_cpu_us"])]
        table.rows.append(row + [share(figures["verify_ratio"])])
    return table


def load_table(results):
    head = [
        "",
        "offered/s at 70 %",
        "p50, ms",
        "p99, ms",
        "offered/s at twice the capacity",
        "rejected/s",
        "not started/s",
        "accepted/s",
        "relative to the peak",
        "p99, ms",
        "client deadline, ms",
        "longest busy loop: own / wall, ms",
    ]
    table = Table("Open loop at 70 % of the capacity and at twice the capacity", head)
    for name in ["bare"] + backends_of(results):
        figures = results[name]
        over = figures.get("overload")
        row = [
            title_of(name),
            number(figures.get("open_rate")),
            millis(figures.get("p50_us")),
            millis(figures.get("p99_us")),
        ]
        row += (
            [
                number(over["offered_qps"]),
                number(over["held_back_qps"]),
                number(over["missed_qps"]),
                number(over["accepted_qps"]),
                share(over["of_peak"]),
                millis(over["p99_us"]),
                str(over["deadline_ms"]),
            ]
            if over
            else [""] * 7
        )
        row.append(
            "%.1f / %.1f" % (figures["busy_own_ms"], figures["busy_wall_ms"]) if "busy_own_ms" in figures else ""
        )
        table.rows.append(row)
    return table


def growth_table(results):
    head = [
        "",
        "users",
        "calls/s",
        WITH_SPREAD,
        "stored bytes per user",
        "start to first answer, ms",
        "memory idle, MB",
        "memory under load, MB",
    ]
    table = Table("Growth", head)
    main = results["settings"]["subjects"]
    for name in backends_of(results):
        sizes = dict(results.get("growth", {}).get(name, {}))
        if "start_ms" in results[name]:
            sizes[str(main)] = results[name]
        for size, figures in sorted(sizes.items(), key=lambda item: int(item[0])):
            depth = main_depth([int(key.rsplit("_", 1)[1]) for key in figures if key.startswith("ratio_at_")])
            row = [TITLES[name], format(int(size), ","), number(figures["qps_at_%d" % depth]), of_bare(figures, depth)]
            row += [number(figures["stored_bytes_per_subject"]), number(figures["start_ms"])]
            table.rows.append(row + [megabytes(figures["idle_bytes"]), megabytes(figures["loaded_bytes"])])
    return table


def tls_table(figures):
    table = Table("Mutual TLS, memory, %d in flight" % MAIN, ["", "measured"])
    low, high = figures["ratio_spread"]
    table.rows.append(["logins/s, relative to plain text", "%.2f (%.2f–%.2f)" % (figures["ratio"], low, high)])
    table.rows.append(["server CPU, relative to plain text", "%.2f" % figures["cpu_ratio"]])
    table.rows.append(["p99 at %s logins/s, ms" % number(figures["open_rate"]), millis(figures["quiet_p99_us"])])
    storm = "the same beside %s handshakes/s, ms" % number(figures["handshakes_per_second"])
    table.rows.append([storm, millis(figures["storm_p99_us"])])
    table.rows.append(["calls refused in the storm", outcomes_text(figures["storm_refused"])])
    return table


def floors_table(results):
    table = Table("The parts alone, in the same run", ["", "operations/s", "p50, µs", "p99, µs"])
    floors = results["floors"]
    names = {
        "crypto": "open a secret and compare a code with a window of three",
        "disk": "append 4 KiB and fdatasync",
        "sqlite_1": "SQLite, one write at a time",
        "sqlite_%d" % MAIN: "SQLite, %d writes at a time" % MAIN,
        "redis_1": "Redis AOF always, Put script, one at a time",
        "redis_%d" % MAIN: "Redis AOF always, %d in one write" % MAIN,
        "redis_everysec_1": "Redis AOF everysec, one at a time",
        "redis_everysec_%d" % MAIN: "Redis AOF everysec, %d in one write" % MAIN,
    }
    for key, name in names.items():
        floor = dict(floors[key])
        if key == "crypto":
            floor = {"qps": 1e6 / floor["us"], "p50_us": floor["us"]}
        table.rows.append([name, number(floor["qps"]), number(floor.get("p50_us")), number(floor.get("p99_us"))])
    return table


def paths_table(results):
    table = Table("Other paths", ["", "calls/s", "p50, ms", "p99, ms", "server CPU, µs", "allocations", "outcomes"])
    names = {
        "verify": "accepted",
        "address": "accepted, with the user's address",
        "request_id": "accepted, with a request id",
        "wrong": "wrong code",
        "replay": "code used before",
        "limited": "rejected by the rate limiter",
    }
    for backend, paths in results["paths"].items():
        for path, name in names.items():
            figures = paths[path]
            row = [
                "%s: %s" % (TITLES[backend], name),
                number(figures["qps"]),
                millis(figures["p50_us"]),
                millis(figures["p99_us"]),
            ]
            table.rows.append(
                row
                + [number(figures["server_cpu_us"]), number(figures["allocations"]), outcomes_text(figures["outcomes"])]
            )
    return table


def summary(results):
    """Makes the table for choosing a storage and sizing a machine."""
    depth = main_depth(results["settings"]["in_flight"])
    users = format(results["settings"]["subjects"], ",")
    title = "Logins (Verify), %s users, %d calls in flight; latency at 70 %% of the capacity" % (users, depth)
    head = ["storage", "logins/s", WITH_SPREAD, "logins/s with 1,000,000 users", "p50 / p99, ms"]
    table = Table(title, head + ["server CPU, µs", "Redis CPU, µs", "stored bytes per user", "memory, MB"])
    for name in backends_of(results):
        figures = results[name]
        large = results.get("growth", {}).get(name, {}).get(goals.LARGE, {})
        row = [TITLES[name], number(figures["qps_at_%d" % depth]), of_bare(figures, depth)]
        row.append(number(large.get("qps_at_%d" % depth)))
        latency = [figures[key] for key in ("p50_us", "p99_us") if key in figures]
        row.append(" / ".join("%.1f" % (micros / 1000) for micros in latency))
        row.append(number(figures["server_cpu_us_at_%d" % depth]))
        row.append(number(figures["redis_cpu_us_at_%d" % depth]) if "redis" in name else "")
        stored = "stored_bytes_per_subject"
        row += [number(figures[stored]), number(figures["loaded_bytes"] / goals.MEGA)] if stored in figures else ["", ""]
        table.rows.append(row)
    return table


def tables(results):
    """Makes the tables of all figures, for the terminal."""
    depths = results["settings"]["in_flight"]
    out = [
        goals_table(results),
        main_table(results, depths),
        store_table(results, depths),
        *depth_tables(results, depths),
        load_table(results),
        growth_table(results),
    ]
    if "floors" in results:
        out.append(floors_table(results))
    if "tls" in results:
        out.append(tls_table(results["tls"]))
    if "paths" in results:
        out.append(paths_table(results))
    return [table for table in out if table.rows]


def errors(results):
    """Returns sentences about calls that should have been accepted and were not."""
    out = []
    for name in ["bare"] + backends_of(results):
        for where, refused in (
            ("the closed loops", results[name]["refused"]),
            ("the open loop", results[name].get("open_refused")),
            ("storage alone", results[name].get("store", {}).get("refused")),
        ):
            if refused:
                out.append("The server rejected some calls of %s (%s): %s" % (where, title_of(name), outcomes_text(refused)))
    return out
