"""Shows a progress bar on stderr if that is a terminal, and otherwise a line for each part."""

import sys
import time

BAR = 30


class Progress:
    def __init__(self, ticks):
        self.ticks = max(1, ticks)
        self.done = 0
        self.what = ""
        self.begin = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def say(self, what):
        self.what = what
        if self.terminal:
            self.draw()
        else:
            print("bench: %s (%d s)" % (what, time.monotonic() - self.begin), file=sys.stderr, flush=True)

    def tick(self):
        self.done += 1
        if self.terminal:
            self.draw()

    def draw(self):
        filled = min(BAR, BAR * self.done // self.ticks)
        bar = "#" * filled + "." * (BAR - filled)
        print(
            "\r\033[K[%s] %d s  %s" % (bar, time.monotonic() - self.begin, self.what),
            end="",
            file=sys.stderr,
            flush=True,
        )

    def end(self):
        if self.terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
