"""Computes the last table of docs/guessing.md: how likely a guesser hits within a year."""
from math import exp

DAYS = 365
CODES = 10**6  # Codes of six digits.


def chance(candidates):
    return 1 - exp(-candidates / CODES)


def guesses_between_logins(gap, lock_after=5, first=30, longest=3600):
    """Results that the consecutive failures allow in `gap` seconds."""
    count, now, lock = lock_after, 0, first
    while now + lock < gap:
        now, lock, count = now + lock, min(2 * lock, longest), count + 1
    return count


def long_term_budget(authenticators, candidates_each, units=20, per_day=9, debt=4):
    """(guesses a year, candidates of each) that the long-term budget allows."""
    candidates = authenticators * candidates_each
    cost = min(5, max(1, -(-candidates // 3)))
    return (units + debt + per_day * DAYS) // cost, candidates


def show(name, guesses, candidates):
    print(f"{name:44} {guesses:9,} guesses x {candidates:3} candidates {chance(guesses * candidates):9.3%}")


show("5 in 15 minutes", 4 * 5 * 24 * DAYS, 3)
show("one an hour", 24 * DAYS, 3)
show("consecutive failures, a login every 8 hours", 3 * guesses_between_logins(8 * 3600) * DAYS, 3)
show("100 consecutive failures", 100, 3)
for method, each in (("TOTP", 3), ("HOTP", 11)):
    for authenticators in (1, 2, 3, 5, 10):
        show(f"long-term budget, {method} authenticators: {authenticators}", *long_term_budget(authenticators, each))
show("long-term budget, sent codes", *long_term_budget(1, 1))
windows = DAYS * 86400 // 100
for name, attempts, hit in (
    ("two consecutive TOTP codes, 20 in 100 s", 20, 40 / CODES**2),
    ("two consecutive HOTP codes, 20 in 100 s", 20, 100 / CODES**2),
    ("a backup code, 5,000 in 100 s", 5000, 2**-75),
):
    tries = windows * attempts
    print(f"{name:44} {tries:13,} guesses, chance {tries * hit:9.1e}")
