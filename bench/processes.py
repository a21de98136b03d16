"""The processes of a benchmark: Redis, the server under test and the load generator. All end with this one."""

import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import time

START_LIMIT = 300.0
PR_SET_PDEATHSIG = 1


class BenchError(Exception):
    """One sentence for the user who started the benchmark."""


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def reserve_port():
    """A socket that keeps a free port of 127.0.0.1 from others, but not from a listener with SO_REUSEADDR."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


def tail(path, lines=15):
    with open(path, encoding="utf-8", errors="replace") as file:
        return "".join(file.readlines()[-lines:])


class Process:
    """A program whose output goes to a file."""

    def __init__(self, name, arguments, log):
        self.name = name
        self.log = log
        try:
            with open(log, "wb") as out:
                self.process = subprocess.Popen(
                    arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=die_with_parent
                )
        except OSError as error:
            raise BenchError("cannot run %s: %s" % (arguments[0], error)) from error

    @property
    def pid(self):
        return self.process.pid

    def await_line(self, pattern):
        """Waits for a line of the output that matches, and returns its first group."""
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                found = re.search(pattern, file.read())
            if found:
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise BenchError("%s did not start:\n%s" % (self.name, tail(self.log)))

    def resident_bytes(self):
        with open("/proc/%d/statm" % self.pid, encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


class Redis(Process):
    """redis-server with an empty data set in `folder`. `append_fsync`: always or everysec."""

    def __init__(self, folder, append_fsync):
        os.makedirs(folder)
        self.reserved = reserve_port()
        self.port = self.reserved.getsockname()[1]
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "dir": folder,
            "save": "",
            "appendonly": "yes",
            "appendfsync": append_fsync,
        }
        arguments = ["redis-server"]
        for key, value in settings.items():
            arguments += ["--" + key, str(value)]
        super().__init__("redis-server", arguments, os.path.join(folder, "redis.log"))
        self.await_line("(Ready to accept connections)")

    @property
    def uri(self):
        return "redis://127.0.0.1:%d" % self.port

    def command(self, text):
        """Returns the reply, which is a status or a text."""
        with socket.create_connection(("127.0.0.1", self.port)) as link:
            link.sendall(text.encode() + b"\r\n")
            with link.makefile("rb") as reply:
                head = reply.readline().decode()
                return reply.read(int(head[1:])).decode() if head.startswith("$") else head

    def used_memory(self):
        return int(re.search(r"used_memory:(\d+)", self.command("INFO memory")).group(1))

    def rewrite_log(self):
        """Makes Redis rewrite the append-only file, even if a rewrite is running, and waits for it."""
        self.await_rewrite()
        self.command("BGREWRITEAOF")
        self.await_rewrite()

    def await_rewrite(self):
        while re.search(r"aof_rewrite_(in_progress|scheduled):1", self.command("INFO persistence")):
            time.sleep(0.05)

    def flush(self):
        self.command("FLUSHALL")

    def stop(self):
        super().stop()
        self.reserved.close()


class Server(Process):
    """bench_server at `address`, with its data and logs in `folder`."""

    def __init__(self, binary, folder, address, flags):
        self.audit_log = os.path.join(folder, "audit.log")
        arguments = [binary, "--listen=" + address, "--ops_listen=127.0.0.1:0"]
        arguments += ["--data_dir=" + os.path.join(folder, "data"), "--audit_log=" + self.audit_log]
        self.began_at = time.monotonic()
        super().__init__("bench_server", arguments + flags, os.path.join(folder, "server.log"))

    def await_listening(self):
        self.await_line(r"listening on (\S+)")

    def empty_audit_log(self):
        """Empties the audit log, so that it does not fill the disk. The server appends to it."""
        os.truncate(self.audit_log, 0)


def run_lines(arguments, on_line=None, when_started=None):
    """Runs a program that prints one JSON object a line, and returns them."""
    lines = []
    process = subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
    )
    with process:
        try:
            if when_started:
                when_started()
            for line in process.stdout:
                lines.append(json.loads(line))
                if on_line:
                    on_line()
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise BenchError("%s failed" % os.path.basename(arguments[0]))
    return lines
