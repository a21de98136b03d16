"""Draws the figures as an SVG picture."""

import html
import math

from backends import TITLES

COLOURS = ["#444444", "#0072b2", "#009e73", "#d55e00", "#e69f00", "#cc79a7"]
WIDTH, HEIGHT = 460, 300
LEFT, TOP, RIGHT, BOTTOM = 60, 40, 15, 45
STYLE = "text{font:12px sans-serif;fill:#222}.t{font-weight:bold}.g{stroke:#ddd}svg{background:#fff}"


def rounded_up(value):
    """Returns the next round number for an axis."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 8, 10) if step * power >= value)


class Panel:
    """A diagram over calls in flight, at equal distances."""

    def __init__(self, left, title, depths, top_value, label):
        self.left = left
        self.depths = depths
        self.top_value = top_value
        self.parts = ['<text class="t" x="%d" y="20">%s</text>' % (left + LEFT, html.escape(title))]
        for i in range(6):
            value = top_value * i / 5
            y = self.y(value)
            self.parts.append(
                '<line class="g" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>' % (left + LEFT, left + WIDTH - RIGHT, y, y)
            )
            self.parts.append(
                '<text x="%.1f" y="%.1f" text-anchor="end">%s</text>' % (left + LEFT - 6, y + 4, label(value))
            )
        for i, depth in enumerate(depths):
            self.parts.append(
                '<text x="%.1f" y="%d" text-anchor="middle">%d</text>' % (self.x(i), HEIGHT - BOTTOM + 18, depth)
            )
        middle = left + (LEFT + WIDTH - RIGHT) / 2
        self.parts.append('<text x="%.1f" y="%d" text-anchor="middle">calls in flight</text>' % (middle, HEIGHT - 8))

    def x(self, i):
        room = WIDTH - LEFT - RIGHT - 20
        return self.left + LEFT + 10 + (room * i / (len(self.depths) - 1) if len(self.depths) > 1 else room / 2)

    def y(self, value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.top_value

    def line(self, values, colour, spreads=None):
        points = " ".join("%.1f,%.1f" % (self.x(i), self.y(value)) for i, value in enumerate(values))
        self.parts.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (points, colour))
        for i, value in enumerate(values):
            self.parts.append('<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (self.x(i), self.y(value), colour))
            if spreads:
                low, high = spreads[i]
                self.parts.append(
                    '<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s"/>'
                    % (self.x(i), self.x(i), self.y(low), self.y(min(high, self.top_value)), colour)
                )


def draw(results):
    """Calls per second, absolute and relative to a no-op RPC, by calls in flight."""
    depths = results["settings"]["in_flight"]
    names = [name for name in ["bare", *TITLES] if name in results]
    rates = {name: [results[name]["qps_at_%d" % depth] for depth in depths] for name in names}
    top_rate = rounded_up(max(max(values) for values in rates.values()))
    left = Panel(0, "Calls per second", depths, top_rate, lambda value: format(round(value), ","))
    right = Panel(WIDTH, "Relative to a no-op RPC (bar: min to max)", depths, 1.0, lambda value: "%.1f" % value)
    legend = []
    for i, name in enumerate(names):
        colour = COLOURS[i % len(COLOURS)]
        left.line(rates[name], colour)
        if name != "bare":
            ratios = [results[name]["ratio_at_%d" % depth] for depth in depths]
            right.line(ratios, colour, [results[name]["ratio_spread_at_%d" % depth] for depth in depths])
        x, y = LEFT + (i % 3) * 290, HEIGHT + 18 + (i // 3) * 20
        legend.append('<rect x="%d" y="%d" width="12" height="12" fill="%s"/>' % (x, y - 10, colour))
        legend.append('<text x="%d" y="%d">%s</text>' % (x + 18, y, html.escape(TITLES.get(name, "no-op RPC"))))
    height = HEIGHT + 55
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">' % (
        2 * WIDTH,
        height,
        2 * WIDTH,
        height,
    )
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join([head, "<style>%s</style>" % STYLE, ground, *left.parts, *right.parts, *legend, "</svg>"]) + "\n"
