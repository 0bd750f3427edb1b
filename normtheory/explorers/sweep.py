"""What a sweep found, as text."""

from normtheory.explorers.folding import Folded


class Sweep:
    """What an explorer showed at each setting of a sweep: text that a notebook stores."""

    def __init__(self, title, lines):
        self.title, self.lines = title, lines

    def __repr__(self):
        width = max(len(setting) for setting, _ in self.lines)
        return "\n".join([self.title, *(f"{s:<{width}}  {text}" for s, text in self.lines)])

    def folded(self):
        """The same lines, which a notebook shows when the reader opens them."""
        return Folded(f"{self.title}: {len(self.lines)} settings in numbers", repr(self))


def plain(value):
    """A value of a parameter in as few digits as tell it."""
    return value if isinstance(value, str) else f"{value:g}"
