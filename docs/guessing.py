"""Recomputes the table of docs/guessing.md: the chance of a guesser who goes on for a year."""
from math import exp

DAYS = 365
CODES = 10**6  # Codes of six digits.


def chance(candidates):
    return 1 - exp(-candidates / CODES)


def guesses_between_logins(gap, lock_after=5, first=30, longest=3600):
    """Verdicts that the consecutive failures allow in `gap` seconds."""
    count, now, lock = lock_after, 0, first
    while now + lock < gap:
        now, lock, count = now + lock, min(2 * lock, longest), count + 1
    return count


def long_term_budget(devices, candidates_each, units=20, per_day=9, debt=4):
    judged = devices * candidates_each
    price = min(5, max(1, -(-judged // 3)))
    return (units + debt + per_day * DAYS) // price, judged


def show(name, guesses, judged):
    print(f"{name:44} {guesses:9,} x {judged:3} {chance(guesses * judged):9.3%}")


show("5 in 15 minutes", 4 * 5 * 24 * DAYS, 3)
show("one an hour", 24 * DAYS, 3)
show("consecutive failures, a login every 8 hours", 3 * guesses_between_logins(8 * 3600) * DAYS, 3)
show("100 consecutive failures", 100, 3)
for kind, each in (("TOTP", 3), ("HOTP", 11)):
    for devices in (1, 2, 3, 5, 10):
        show(f"long-term budget, {devices} {kind}", *long_term_budget(devices, each))
windows = DAYS * 86400 // 100
for name, attempts, one in (
    ("two TOTP codes", 20, 40 / CODES**2),
    ("two HOTP codes", 20, 100 / CODES**2),
    ("a backup code", 5000, 2**-75),
):
    tries = windows * attempts
    print(f"{name:44} {tries:13,} tries {tries * one:9.1e}")
