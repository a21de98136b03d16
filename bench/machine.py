"""Describes the machine, on which the figures depend."""

import os
import platform
import re
import subprocess
import time


def first(pattern, path):
    try:
        with open(path, encoding="utf-8") as file:
            found = re.search(pattern, file.read(), re.M)
        return found.group(1).strip() if found else ""
    except OSError:
        return ""


def file_system(folder):
    """Returns the kind of the file system that holds `folder`."""
    kind, longest = "", ""
    folder = os.path.realpath(folder)
    with open("/proc/mounts", encoding="utf-8") as file:
        for line in file:
            _, where, this_kind, *_ = line.split()
            inside = folder == where or folder.startswith(where.rstrip("/") + "/")
            if inside and len(where) >= len(longest):
                kind, longest = this_kind, where
    return kind


def output(*arguments):
    try:
        return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def version_of(package):
    return output("dpkg-query", "-W", "-f", "${Version}", package)


def describe(folder):
    memory = first(r"^MemTotal:\s+(\d+)", "/proc/meminfo")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": first(r"^model name\s*:\s*(.*)$", "/proc/cpuinfo") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory or 0) / 2**20, 1),
        "kernel": platform.release(),
        "file_system": file_system(folder),
        "redis": version_of("redis-server"),
        "sqlite": version_of("libsqlite3-0"),
        "grpc": version_of("libgrpc++1.51") or version_of("libgrpc++-dev"),
        "load_before": round(os.getloadavg()[0], 2),
    }


def sentence(machine):
    return (
        "The run of %(date)s used %(cpu)s with %(cores)d cores and %(memory_gib)s GiB of memory, Linux %(kernel)s "
        "on %(file_system)s, gRPC %(grpc)s, SQLite %(sqlite)s and Redis %(redis)s. The load before it was "
        "%(load_before)s" % machine
    )


def warnings(machine):
    if machine["file_system"] in ("tmpfs", "ramfs"):
        yield "data is in memory (%s), so no write waits for a disk; name another folder with --dir" % machine[
            "file_system"
        ]
    if machine["load_before"] > 0.3 * machine["cores"]:
        yield "other programs keep this machine busy (load %.1f), so figures will be too low and will vary" % machine[
            "load_before"
        ]
