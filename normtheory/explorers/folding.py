"""Text that a notebook keeps folded until the reader opens it."""

import html


class Folded:
    """A line (`summary`) that is always seen and opens a block of text; plain text where there is
    nothing to fold with.
    """

    def __init__(self, summary, text):
        self.summary, self.text = summary, text

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        # long lines wrap, as they do in plain outputs
        look = "white-space: pre-wrap"
        return (
            f"<details><summary>{html.escape(self.summary)}</summary>\n"
            f'<pre style="{look}">{html.escape(self.text)}</pre>\n</details>'
        )


def folded(summary, *parts):
    """Fold some lines away, each of `parts` one or more, below a `summary` that is always seen: the
    numbers behind the answer to a question.

    >>> folded("In numbers", "one", 2)
    one
    2
    """
    return Folded(summary, "\n".join(map(str, parts)))
