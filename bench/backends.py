"""The backends that are measured, each behind the whole server."""

import os

from processes import BenchError, Redis, Server, reserve_port, run_lines

# Redis's limiter uses its own clock and not the one that passes over the users move. In the local limiter two users may
# share a bucket, which is then too small for both.
OUT_OF_REACH = ["--limit_attempts=10000"]

TITLES = {
    "memory": "memory",
    "sqlite": "SQLite, synchronous=FULL",
    "redis": "Redis, AOF always",
    "redis_everysec": "Redis, AOF everysec",
    "sqlite_redis_limiter": "SQLite, Redis limiter",
}


class Backend:
    """One store in a folder of its own, and the servers on it, one at a time."""

    def __init__(self, name, binaries, folder, guards=None, tls=None):
        self.name = name
        self.binaries = binaries
        self.folder = folder
        # The folder of the certificates that the load generator presents.
        self.tls = tls
        self.server = None
        self.reserved = reserve_port()
        self.address = "127.0.0.1:%d" % self.reserved.getsockname()[1]
        os.makedirs(folder)
        self.redis = None
        if "redis" in name:
            fsync = "everysec" if name == "redis_everysec" else "always"
            self.redis = Redis(os.path.join(folder, "redis"), fsync)
        self.empty_redis_bytes = self.redis.used_memory() if self.redis else 0
        self.ring = os.path.join(folder, "keyring.json")
        self.database = os.path.join(folder, "twofold.db")
        self.flags = self.store_flags() + (OUT_OF_REACH if guards is None else guards)

    def store_flags(self):
        flags = ["--keyring=file:" + self.ring]
        if self.name == "memory":
            flags.append("--storage=memory:")
        elif self.name.startswith("sqlite"):
            flags.append("--storage=sqlite:" + self.database)
        else:
            flags.append("--storage=" + self.redis.uri)
        if self.redis:
            flags.append("--rate_limiter=" + self.redis.uri)
        return flags

    @property
    def redis_pid(self):
        return self.redis.pid if self.redis else 0

    def binary(self, name):
        return os.path.join(self.binaries, name)

    def seed(self, subjects):
        """Starts a server that stores the users first."""
        new = [] if os.path.exists(self.ring) else ["--new_keyring=" + self.ring]
        self.server = Server(
            self.binary("bench_server"), self.folder, self.address, self.flags + new + ["--seed_subjects=%d" % subjects]
        )
        self.server.await_listening()
        self.settle()

    def settle(self):
        """Waits for work that storing the users has caused, because it is no part of the next measurement."""
        if self.redis:
            self.redis.rewrite_log()
        os.sync()

    def restart(self, subjects):
        """Starts a new server on the stored data. Returns the milliseconds from its start to its first answer."""
        self.stop_server()
        loader = [*self.loader(subjects), "first"]

        def start():
            self.server = Server(self.binary("bench_server"), self.folder, self.address, self.flags)

        answered = run_lines(loader, when_started=start)
        self.server.await_listening()
        return (answered[0]["answered_at"] - self.server.began_at) * 1000

    def loader(self, subjects):
        """Returns the load generator with the arguments that all its commands take."""
        arguments = [self.binary("load"), "--target", self.address, "--subjects", str(subjects)]
        return arguments + (["--tls", self.tls] if self.tls else [])

    def load(self, subjects, command, *flags, on_line=None):
        """Returns the lines of the load generator."""
        arguments = [*self.loader(subjects), command, "--redis_pid", str(self.redis_pid)]
        lines = run_lines(arguments + [str(flag) for flag in flags], on_line)
        self.server.empty_audit_log()
        return lines

    def stored_bytes(self, subjects):
        """Returns the bytes per user. An SQLite database must not be open in a server."""
        if self.name == "memory":
            return None
        if self.name.startswith("sqlite"):
            return os.path.getsize(self.database) / subjects
        return (self.redis.used_memory() - self.empty_redis_bytes) / subjects

    def stop_server(self):
        if self.server:
            self.server.stop()
            if self.server.process.returncode != 0:
                raise BenchError(
                    "bench_server ended with %d; see %s" % (self.server.process.returncode, self.server.log)
                )
            self.server = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.server:
            self.server.stop()
        if self.redis:
            self.redis.stop()
        self.reserved.close()
