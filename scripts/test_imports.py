#!/usr/bin/env python3
"""Runs the importer's parsers over a folder of files that other projects published, and compares with its manifest.

usage: test_imports.py SHOW_IMPORT FOLDER

FOLDER has a manifest.json, which says of each file what must come out. A file passes if
 - it holds what the manifest expects, in its order, and each line that must fail fails, or
 - it is refused as a whole where the manifest expects an error, or
 - it is of an app whose files are refused, and the refusal names the app.
An expected entry may be refused where the importer's bounds exclude it, if the refusal names the bound. Values that a
file leaves out are given as flags would give them, and the file must ask for them without.
"""

import json
import os
import re
import subprocess
import sys

# The formats that are read, by their folders.
READ = {
    "otpauth-uri": "otpauth",
    "google-migration": "google-migration",
    "oath-csv": "oath-csv",
    "yubikey-csv": "yubikey-csv",
    "pskc": "pskc",
    "keycloak": "keycloak",
    "authelia": "authelia",
    # The plain export of this app is a list of URIs.
    "ente": "otpauth",
}
# What the refusal of the other formats must say.
REFUSED = {
    "2fas": "2FAS",
    "2fauth": "2FAuth",
    "aegis": "Aegis",
    "andotp": "andOTP",
    "authy": "Authy",
    "bitwarden": "Bitwarden",
    "duo": "Duo",
    "freeotp": "FreeOTP",
    "freeotp-plus": r"FreeOTP\+",
    "google-authenticator-sqlite": "Google Authenticator",
    "microsoft-authenticator": "Microsoft Authenticator",
    "proton": "Proton",
    "safenet-xml": "SafeNet",
    "safeword-dat": "SafeWord",
    "steam": "Steam",
    "stratum": "Stratum",
    "totp-authenticator": "TOTP Authenticator",
}
# The words of an expected error that the importer's own must have one of.
SUBSTANCE = {
    r"empty|only comments": r"empty|only comments",
    r"scheme": r"scheme",
    r"no otpauth": r"no otpauth",
    r"not a valid message": r"not a valid message",
    r"not HOTP/TOTP": r"neither HOTP nor TOTP",
    r"no algorithm given": r"names no algorithm",
    r"no secret": r"no secret",
    r"no keys": r"no keys|no secret",
    r"no MACMethod": r"no MACMethod",
    r"PBKDF2": r"PBKDF2",
    r"MAC algorithm": r"MAC algorithm is unknown",
    r"no encryption algorithm named": r"names no encryption algorithm",
    r"unknown encryption": r"encryption algorithm is unknown",
    r"not a boolean": r"not a boolean",
    r"not a number": r"not a number",
    r"not well-formed": r"not well-formed",
    r"version": r"version",
    r"no HOTP": r"no HOTP",
    r"hexadecimal": r"hexadecimal",
}
# What a refusal says of an entry that the bounds exclude: a test of the entry, and the words.
BOUNDS = (
    (lambda entry: entry["type"] == "steam", r"Steam|type is neither totp nor hotp|encoder"),
    (lambda entry: not 10 <= secret_size(entry) <= 128, r"bytes"),
    (lambda entry: not 15 <= entry.get("period", 30) <= 300, r"period"),
    (lambda entry: not 6 <= entry["digits"] <= 8, r"digits"),
    (lambda entry: entry["algorithm"] not in ("SHA1", "SHA256", "SHA512"), r"algorithm|hash"),
    (lambda entry: entry["_check_digit"], r"check digit"),
)
COMPARED = ("type", "secret_base32", "algorithm", "digits", "period", "counter", "time_drift")


def secret_size(entry):
    return len(entry["secret_base32"]) * 5 // 8


class Show:
    """The binary that reads a file, which answers one request after the other."""

    def __init__(self, binary):
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the reader ended at %s with %s" % (request["file"], self.process.wait()))
        return json.loads(line)


def request_for(case, folder, with_defaults):
    request = {"file": os.path.join(folder, case["file"]), "format": READ.get(case["format"], "auto")}
    for name in ("key_hex", "iv_hex", "password"):
        if name in case:
            request[name] = case[name]
    # The manifest lists expired keys.
    request["include_expired"] = True
    if with_defaults:
        request["algorithm"] = "by-length"
        for name in ("digits", "period", "counter"):
            values = [entry[name] for entry in case.get("expected", []) if entry.get(name + "_given") is False]
            if values:
                request[name] = values[0]
        if case["format"] == "otpauth-uri":
            request["counter"] = 0
    return request


def line_numbers(case, path):
    """The number in the file of each line, as the manifest counts them."""
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = [line.strip() for line in file.read().split("\n")]
    if case["format"] != "otpauth-uri":
        return {number: number for number in range(1, len(lines) + 1)}
    counted = [number for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    return {index: number for index, number in enumerate(counted, 1)}


def differences(expected, got):
    for name in COMPARED:
        if name in expected and expected[name] != got.get(name) and not (name == "time_drift" and got["type"] == "hotp"):
            yield "%s is %r instead of %r" % (name, got.get(name), expected[name])
    for name in ("issuer", "account"):
        right = [expected[name]] + expected.get("accept_" + name, [])
        if got[name] not in right:
            yield "%s is %r instead of %r" % (name, got[name], expected[name])


def excluded(entry, message):
    """Whether a bound excludes the entry and the message names it."""
    return any(test(entry) and re.search(words, message) for test, words in BOUNDS)


def check_entries(case, answer, numbers):
    """Yields what is wrong with the entries and the refused lines."""
    entries, errors = list(answer["entries"]), list(answer["errors"])
    for expected in case.get("expected", []):
        expected["_check_digit"] = "check digit" in case.get("note", "")
        line = numbers.get(expected.get("line"))
        refusal = next((e for e in errors if excluded(expected, e["message"]) and line in (None, e["position"])), None)
        if any(test(expected) for test, _ in BOUNDS):
            if refusal:
                errors.remove(refusal)
            elif expected.get("accept_type") or not entries or list(differences(expected, entries[0])):
                yield "%s is neither there nor refused by name" % expected["account"]
            else:
                entries.pop(0)
            continue
        if not entries:
            yield "%s (%s) is missing" % (expected["account"], expected.get("line"))
            continue
        yield from ("%s: %s" % (expected["account"], difference) for difference in differences(expected, entries.pop(0)))
    for entry in entries:
        yield "%s (%s) is too much" % (entry["account"], entry["position"])
    for fault in case.get("line_errors", []):
        if isinstance(fault["line"], str):
            first, last = map(int, fault["line"].split("-"))
        else:
            first = last = fault["line"]
        for line in range(first, last + 1):
            found = next((error for error in errors if error["position"] == numbers[line]), None)
            if found is None:
                yield "line %d should be refused: %s" % (line, fault["expected_error"])
            else:
                errors.remove(found)
    skipped = len(case.get("skipped", []))
    if len(errors) != skipped:
        yield "refused are %s, and %d should be" % ([error["message"] for error in errors], skipped)


def check_error(case, answer):
    """Yields what is wrong with a file of which nothing may be imported."""
    if answer.get("entries"):
        yield "%d entries came out, and the file is wrong: %s" % (len(answer["entries"]), case["expected_error"])
        return
    messages = [answer["error"]] if "error" in answer else [error["message"] for error in answer["errors"]]
    for words, own in SUBSTANCE.items():
        if re.search(words, case["expected_error"]):
            if not any(re.search(own, message) for message in messages):
                yield "expected %r, got %r" % (case["expected_error"], messages)
            return
    yield "nobody knows how to say %r; got %r" % (case["expected_error"], messages)


def check(case, folder, show):
    """Yields what is wrong with one file."""
    answer = show.ask(request_for(case, folder, True))
    if case["format"] in REFUSED:
        if not re.search(REFUSED[case["format"]], answer.get("error", "")):
            yield "expected a refusal that names %s, got %r" % (REFUSED[case["format"]], answer)
        return
    if case["format"] not in READ:
        yield "there is no such format: %s" % case["format"]
        return
    if "expected_error" in case:
        yield from check_error(case, answer)
        return
    if "error" in answer:
        yield "expected entries, got %r" % answer["error"]
        return
    if answer["detected"] not in (READ[case["format"]], "otpauth" if case["format"] == "google-migration" else ""):
        yield "the format was taken for %r" % answer["detected"]
    yield from check_entries(case, answer, line_numbers(case, os.path.join(folder, case["file"])))
    asked = show.ask(request_for(case, folder, False))
    for name in ("digits", "period", "counter"):
        missing = [entry for entry in case["expected"] if entry.get(name + "_given") is False and secret_size(entry) >= 10]
        asking = [error for error in asked.get("errors", []) if "--default-" in error["message"]]
        if missing and not asking:
            yield "the file leaves out the %s and nobody asks for it" % name
    if case["encrypted"]:
        yield from check_wrong_key(case, folder, show)


def check_wrong_key(case, folder, show):
    """With any other key or password nothing may come out."""
    request = request_for(case, folder, True)
    for name, wrong in (("password", "wrong"), ("key_hex", "00" * (len(case.get("key_hex", "")) // 2))):
        if name not in request:
            continue
        for value in (wrong, None):
            changed = dict(request, **{name: value}) if value else {k: v for k, v in request.items() if k != name}
            if "error" not in show.ask(changed):
                yield "the file opens with the %s %r" % (name, value)


def main():
    show, folder = Show(sys.argv[1]), sys.argv[2]
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        cases = json.load(file)
    failed = 0
    for case in cases:
        faults = list(check(case, folder, show))
        failed += bool(faults)
        for fault in faults:
            print("%s: %s" % (case["file"], fault))
    print("%d passed, %d failed" % (len(cases) - failed, failed))
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
