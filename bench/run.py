#!/usr/bin/env python3
"""./dev bench: starts servers and load generators one after the other and reports what they measured."""

import dataclasses
import json
import os
import shutil
import signal
import sys
import tempfile
import textwrap
import time

import goals
import machine
import measure
import plot
import report
import settings as settings_module
import tls
from backends import Backend
from processes import BenchError
from progress import Progress

GROWING = ("sqlite", "redis")
MARKS = ("<!-- figures begin -->", "<!-- figures end -->")


def ticks_of(settings):
    """Returns roughly how many lines will be measured."""
    each = (
        (2 * len(settings.in_flight) + 3) * settings.rounds
        + 3
        + ("open" in settings.parts)
        + ("overload" in settings.parts)
    )
    ticks = each * len(settings.backends) + 1
    if "floors" in settings.parts:
        ticks += 8
    growing = [name for name in GROWING if name in settings.backends]
    if "paths" in settings.parts:
        ticks += 12 * len(growing)
    if "growth" in settings.parts:
        ticks += 2 * settings.rounds * len(growing) * len(settings.growth)
    return ticks


def measure_bare_latency(settings, binaries, folder, peak, progress):
    if "open" not in settings.parts:
        return {}
    progress.say("bare: open loop")
    with Backend("memory", binaries, folder) as backend:
        backend.seed(settings.subjects)
        return measure.open_loop(backend, settings, "bare", peak, progress)


def run(settings, binaries, root):
    begin = time.monotonic()
    progress = Progress(ticks_of(settings))
    results = {"machine": machine.describe(root), "settings": dataclasses.asdict(settings)}
    rounds = []
    for name in settings.backends:
        results[name], lines = measure.measure_backend(name, settings, binaries, os.path.join(root, name), progress)
        rounds += [line for line in lines if line["mode"] == "bare"]
        shutil.rmtree(os.path.join(root, name))
    bare = measure.summed_up(rounds, settings.in_flight)
    depth = measure.main_depth(settings.in_flight)
    bare["server_cpu_us"] = bare["server_cpu_us_at_%d" % depth]
    bare.update({"ratio_at_%d" % at: 1.0 for at in settings.in_flight})
    peak = max(bare["qps_at_%d" % at] for at in settings.in_flight)
    bare.update(measure_bare_latency(settings, binaries, os.path.join(root, "bare"), peak, progress))
    results["bare"] = bare

    if "floors" in settings.parts:
        results["floors"] = measure.measure_floors(settings, binaries, os.path.join(root, "floors"), progress)
        shutil.rmtree(os.path.join(root, "floors"))
    if "tls" in settings.parts:
        results["tls"] = tls.measure(settings, binaries, os.path.join(root, "tls"), progress)
        shutil.rmtree(os.path.join(root, "tls"))
    growing = [name for name in GROWING if name in settings.backends]
    if "paths" in settings.parts:
        results["paths"] = {}
        for name in growing:
            folder = os.path.join(root, "paths-" + name)
            results["paths"][name] = measure.measure_paths(name, settings, binaries, folder, progress)
    if "growth" in settings.parts and settings.growth:
        results["growth"] = {name: {} for name in growing}
        for name in growing:
            for subjects in settings.growth:
                folder = os.path.join(root, "%s-%d" % (name, subjects))
                results["growth"][name][str(subjects)] = measure.measure_growth(
                    name, subjects, settings, binaries, folder, progress
                )
                shutil.rmtree(folder)
    progress.end()
    results["goals"] = [vars(goal) | {"verdict": goal.verdict()} for goal in goals.all_goals(results)]
    results["seconds"] = round(time.monotonic() - begin)
    return results


def write(path, text):
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BenchError("cannot write %s: %s" % (path, error.strerror)) from error


def put_between_marks(path, text):
    """Puts `text` between the marks of a page, which keeps everything else."""
    try:
        with open(path, encoding="utf-8") as file:
            before, begin, rest = file.read().partition(MARKS[0] + "\n")
    except FileNotFoundError:
        return text
    _, end, after = rest.partition(MARKS[1])
    return before + begin + text + end + after if begin and end else text


def put_out(results, options):
    about = machine.sentence(results["machine"]) + ". It took %d s" % results["seconds"]
    tables = report.tables(results)
    print(about + "\n")
    for table in tables:
        print(table.text())
    wrong = report.errors(results)
    for sentence in wrong:
        print("NOT CLEAN: " + sentence)
    if options.markdown:
        sentences = [about] + (["It was not clean"] if wrong else []) + wrong
        text = "\n".join(["\n".join(textwrap.wrap(". ".join(sentences) + ".", 100)) + "\n", report.summary(results).markdown()])
        write(options.markdown, put_between_marks(options.markdown, text))
    if options.json:
        write(options.json, json.dumps(results, indent=1, sort_keys=True) + "\n")
    if options.svg:
        write(options.svg, plot.draw(results))


def main():
    settings, options = settings_module.parse(sys.argv[1:])
    # Data and processes are then removed before the program ends.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    binaries = os.path.join(os.environ.get("TWOFOLD_BIN", "bazel-bin"), "bench")
    try:
        if options.dir and not os.path.isdir(options.dir):
            raise BenchError("--dir: there is no folder %s" % options.dir)
        root = tempfile.mkdtemp(prefix="twofold-bench-", dir=options.dir)
        try:
            for sentence in machine.warnings(machine.describe(root)):
                print("bench: " + sentence, file=sys.stderr)
            results = run(settings, binaries, root)
        finally:
            shutil.rmtree(root, ignore_errors=True)
        put_out(results, options)
    except BenchError as error:
        print("bench: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
