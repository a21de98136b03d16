"""Compares the goals for speed and size with the measured figures."""

from settings import MAIN

MEGA = 1e6
LARGE, USUAL = "1000000", 100_000


class Goal:
    """A figure with the bound that it must reach, and a target beyond that if there is one.

    Both are lower bounds, or upper bounds where `at_most` is true.
    """

    def __init__(self, what, measured, required, target=None, at_most=False):
        self.what = what
        self.measured = measured
        self.required = required
        self.target = target
        self.at_most = at_most

    def reaches(self, bound):
        return self.measured <= bound if self.at_most else self.measured >= bound

    def verdict(self):
        if not self.reaches(self.required):
            return "missed"
        return "reached" if self.target is None or self.reaches(self.target) else "required reached"


def ratios(results):
    for name, title, required, target in (
        ("sqlite", "SQLite", {128: 0.45, 512: 0.55}, {128: 0.6, 512: 0.7}),
        ("redis", "Redis AOF always", {128: 0.42, 512: 0.55}, {128: 0.6, 512: 0.7}),
    ):
        for depth in (128, 512):
            key = "ratio_at_%d" % depth
            if key in results.get(name, {}):
                what = "Verify, %s, %d in flight, relative to a no-op RPC" % (title, depth)
                yield Goal(what, results[name][key], required[depth], target[depth])


def costs(results):
    for name, title, required, target in (("sqlite", "SQLite", 2.2, 1.6), ("redis", "Redis", 1.7, 1.5)):
        key = "cpu_ratio_at_%d" % MAIN
        if key in results.get(name, {}):
            yield Goal("server CPU of a Verify, %s, relative to a no-op RPC" % title, results[name][key], required, target, at_most=True)
    redis, floors = results.get("redis", {}), results.get("floors", {})
    if "p50_us_at_1" in redis and "redis_1" in floors:
        bound = redis["bare_p50_us_at_1"] + 2.5 * floors["redis_1"]["p50_us"]
        what = "p50 with one call in flight, Redis, µs: at most a no-op RPC and 2.5 script round trips"
        yield Goal(what, redis["p50_us_at_1"], bound, at_most=True)


def growth(results):
    for name, title, required, stored in (("sqlite", "SQLite", 0.7, 1000), ("redis", "Redis", 0.9, 1200)):
        figures = results.get(name, {})
        large = results.get("growth", {}).get(name, {}).get(LARGE)
        key = "qps_at_%d" % MAIN
        if large and results["settings"]["subjects"] == USUAL and key in figures:
            what = "calls/s at 1,000,000 users, relative to 100,000 users, %s" % title
            yield Goal(what, large[key] / figures[key], required, 0.9)
        if "stored_bytes_per_subject" in figures:
            yield Goal("stored bytes per user, %s" % title, figures["stored_bytes_per_subject"], stored, at_most=True)
        if large:
            yield Goal("start to first answer, 1,000,000 users, %s, ms" % title, large["start_ms"], 200, at_most=True)
            resident = large["loaded_bytes"] / MEGA
            yield Goal("memory under load, 1,000,000 users, %s, MB" % title, resident, 150, at_most=True)
        if "idle_bytes" in figures:
            yield Goal("memory idle, %s, MB" % title, figures["idle_bytes"] / MEGA, 40, at_most=True)


def behaviour(results):
    for name, title in (("sqlite", "SQLite"), ("redis", "Redis")):
        figures = results.get(name, {})
        if "busy_own_ms" in figures:
            what = "longest busy loop of a request thread, own time, %s, ms" % title
            yield Goal(what, figures["busy_own_ms"], 5, at_most=True)
        if "overload" in figures:
            what = "accepted/s at twice the capacity, relative to the peak, %s" % title
            yield Goal(what, figures["overload"]["of_peak"], 0.8)


def all_goals(results):
    return [*ratios(results), *costs(results), *growth(results), *behaviour(results)]
