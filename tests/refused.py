"""A refusal on one line: ``refuses(ValueError, "b must be at least 1, got 0", function, b=0)``."""

import pytest


def refuses(error, message, call, /, *arguments, **keywords):
    """Assert that ``call(*arguments, **keywords)`` raises `error` with a message that matches."""
    __tracebackhide__ = True
    with pytest.raises(error, match=message):
        call(*arguments, **keywords)
