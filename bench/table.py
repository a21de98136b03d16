"""Formats tables as text and as Markdown, and the numbers in them."""


class Table:
    """A title, a head and rows of texts."""

    def __init__(self, title, head):
        self.title = title
        self.head = head
        self.rows = []

    def markdown(self):
        lines = [
            "**%s**" % self.title,
            "",
            "| " + " | ".join(self.head) + " |",
            "|---" + "|--:" * (len(self.head) - 1) + "|",
        ]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in self.rows]) + "\n"

    def text(self):
        widths = [max(len(row[i]) for row in [self.head] + self.rows) for i in range(len(self.head))]

        def line(cells):
            return "  ".join(
                [cells[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]
            )

        return (
            "\n".join(
                [self.title, line(self.head), line(["-" * width for width in widths])]
                + [line(row) for row in self.rows]
            )
            + "\n"
        )


def number(value):
    if value is None:
        return ""
    if abs(value) >= 100:
        return format(round(value), ",")
    return "%.1f" % value


def exact(value):
    return "%.2f" % value if value < 10 else number(value)


def share(value):
    return "%.2f" % value


def millis(micros):
    return "" if micros is None else "%.2f" % (micros / 1000)


def megabytes(count):
    return "" if count is None else "%.1f" % (count / 1e6)
