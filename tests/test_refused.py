"""The short form of a refusal sees an answer, another error and another message."""

import pytest

from tests.refused import refuses


def test_what_is_no_refusal_is_seen():
    for message, given in (("invalid literal", "1"), ("no such message", "x")):
        with pytest.raises((pytest.fail.Exception, AssertionError)):
            refuses(ValueError, message, int, given)
    with pytest.raises(TypeError):
        refuses(ValueError, "argument", int, None)
    refuses(ValueError, "invalid literal .* 'x'", int, "x")
