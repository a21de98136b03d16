"""The settings of a benchmark: what it measures, and for how long."""

import argparse
from dataclasses import dataclass, field

BACKENDS = ("memory", "sqlite", "redis", "redis_everysec", "sqlite_redis_limiter")
PARTS = ("loops", "open", "overload", "floors", "paths", "growth", "tls")
# The number of calls in flight that most tables show.
MAIN = 128


@dataclass
class Settings:
    """Defaults are those of a full run."""

    subjects: int = 100_000
    in_flight: list = field(default_factory=lambda: [1, 8, 32, 128, 512])
    rounds: int = 5
    seconds: float = 1.0
    warm_up: float = 0.2
    open_seconds: float = 3.0
    overload_seconds: float = 4.0
    growth: list = field(default_factory=lambda: [1_000, 1_000_000])
    backends: list = field(default_factory=lambda: list(BACKENDS))
    parts: list = field(default_factory=lambda: list(PARTS))


def quick():
    return Settings(
        subjects=20_000,
        in_flight=[1, 128, 512],
        rounds=3,
        seconds=0.5,
        warm_up=0.15,
        open_seconds=1.5,
        overload_seconds=2.0,
        growth=[],
    )


def numbers(text):
    return [int(number) for number in text.split(",") if number]


def choice_of(known):
    def parse(text):
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError("%r is none of %s" % (name, ", ".join(known)))
        return names

    return parse


def parse(arguments):
    """Returns (settings, destinations of the results) of a command line."""
    parser = argparse.ArgumentParser(
        prog="./dev bench",
        description="Measures Verify against a no-op RPC on every backend.",
        epilog="--micro [FLAGS OF GOOGLE BENCHMARK] runs the micro-benchmarks instead. docs/performance.md explains the figures.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="measure fewer users and rounds, in under 3 minutes instead of under 15"
    )
    parser.add_argument("--json", metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--svg", metavar="FILE", help="draw the figures in FILE")
    parser.add_argument(
        "--markdown",
        metavar="FILE",
        help="write the summary to FILE in Markdown; a page with the marks keeps everything else",
    )
    parser.add_argument(
        "--dir",
        metavar="DIR",
        help="store the data of the run there, on the disk that is measured (default: a temporary folder)",
    )
    parser.add_argument("--backends", type=choice_of(BACKENDS), metavar="NAME,...", help="of " + ", ".join(BACKENDS))
    parser.add_argument("--parts", type=choice_of(PARTS), metavar="NAME,...", help="of " + ", ".join(PARTS))
    parser.add_argument("--subjects", type=int, metavar="N", help="number of users")
    parser.add_argument("--in_flight", type=numbers, metavar="N,...", help="numbers of calls in flight in closed loops")
    parser.add_argument("--growth", type=numbers, metavar="N,...", help="further numbers of users for sqlite and redis")
    parser.add_argument("--rounds", type=int, metavar="N", help="number of rounds of each closed loop")
    parser.add_argument("--seconds", type=float, metavar="S", help="duration of each round")
    options = parser.parse_args(arguments)
    settings = quick() if options.quick else Settings()
    for name in ("backends", "parts", "subjects", "in_flight", "growth", "rounds", "seconds"):
        if getattr(options, name) is not None:
            setattr(settings, name, getattr(options, name))
    if options.seconds is not None:
        settings.open_seconds = min(settings.open_seconds, 2 * options.seconds)
        settings.overload_seconds = min(settings.overload_seconds, 2 * options.seconds)
    if min([settings.subjects, settings.rounds] + settings.in_flight) < 1 or settings.seconds <= 0:
        parser.error("numbers must be positive")
    if 2 * max(settings.in_flight) > settings.subjects:
        parser.error("users log in once in a step: --subjects must be at least twice --in_flight")
    return settings, options
