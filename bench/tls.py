"""Measures what mutual TLS costs logins, and what a storm of handshakes does to established callers."""

import os
import statistics
import subprocess

from backends import Backend
from settings import MAIN

POLICY = """{"callers": [
  {"name": "bench", "identities": ["uri:spiffe://bench/load"], "roles": ["verify"], "tenants": ["*"]}
]}"""
STORMERS = 2
STORM_SECONDS = 6
# The rate of the established callers, as a share of the capacity with TLS.
LOAD = 0.5


def make_certificates(folder):
    """Makes an authority, and certificates of a server and a client, in `folder`."""
    os.makedirs(folder)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-subj", "/CN=bench", "-keyout", "ca.key", "-out", "ca.crt", "-days", "2")
    for name, names in (("server", "IP:127.0.0.1"), ("client", "URI:spiffe://bench/load")):
        with open(os.path.join(folder, name + ".cnf"), "w", encoding="utf-8") as extensions:
            extensions.write("subjectAltName = %s\n" % names)
        openssl("req", "-new", *key, "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".csr")
        signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", name + ".cnf"]
        openssl("x509", "-req", "-in", name + ".csr", *signer, "-out", name + ".crt")
    with open(os.path.join(folder, "policy.json"), "w", encoding="utf-8") as policy:
        policy.write(POLICY)


def server_flags(folder):
    files = {"cert": "server.crt", "key": "server.key", "client_ca": "ca.crt"}
    flags = ["--tls_%s=%s" % (flag, os.path.join(folder, name)) for flag, name in files.items()]
    return flags + ["--authz_policy=" + os.path.join(folder, "policy.json")]


def storm(address, certificates):
    """Starts programs that make new connections, one after the other, each with a whole handshake."""
    arguments = ["openssl", "s_time", "-connect", address, "-new", "-time", str(STORM_SECONDS)]
    arguments += ["-CAfile", "ca.crt", "-cert", "client.crt", "-key", "client.key"]
    return [
        subprocess.Popen(arguments, cwd=certificates, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(STORMERS)
    ]


def handshakes(stormers):
    """Returns the number of handshakes that the programs made."""
    total = 0
    for stormer in stormers:
        for line in stormer.communicate()[0].splitlines():
            if "connections in" in line and "real seconds" in line:
                total += int(line.split()[0])
    return total


def measure(settings, binaries, folder, progress):
    """Returns the rates with and without TLS, from rounds that alternate, and the latencies in a storm."""
    certificates = os.path.join(folder, "certificates")
    make_certificates(certificates)
    plain = Backend("memory", binaries, os.path.join(folder, "plain"))
    tls = Backend("memory", binaries, os.path.join(folder, "tls"), tls=certificates)
    with plain, tls:
        for backend in (plain, tls):
            backend.flags += server_flags(certificates) if backend.tls else []
            backend.seed(settings.subjects)
        rates, cpu = [], []
        flags = ["--modes", "verify", "--rounds", 1, "--in_flight", MAIN]
        flags += ["--seconds", settings.seconds, "--warm_up", settings.warm_up]
        for _ in range(settings.rounds):
            progress.say("mutual TLS, %d in flight" % MAIN)
            pair = [backend.load(settings.subjects, "closed", *flags)[0] for backend in (plain, tls)]
            rates.append([line["accepted_qps"] for line in pair])
            cpu.append([line["server_cpu_us"] for line in pair])
        rate = max(10, int(LOAD * statistics.median(row[1] for row in rates)))
        at_rate = ["--rate", rate, "--seconds", STORM_SECONDS - 2]
        quiet = tls.load(settings.subjects, "open", *at_rate)[0]
        stormers = storm(tls.address, certificates)
        stormy = tls.load(settings.subjects, "open", *at_rate)[0]
        made = handshakes(stormers)
    ratios = sorted(with_tls / without for without, with_tls in rates)
    return {
        "rate": statistics.median(row[1] for row in rates),
        "ratio": statistics.median(ratios),
        "ratio_spread": [ratios[0], ratios[-1]],
        "cpu_ratio": statistics.median(with_tls / without for without, with_tls in cpu),
        "open_rate": rate,
        "quiet_p99_us": quiet["p99_us"],
        "storm_p99_us": stormy["p99_us"],
        "storm_refused": stormy["refused"],
        "handshakes_per_second": made / STORM_SECONDS,
    }
