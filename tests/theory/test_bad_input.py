"""No public function of the theory takes bad input, and the walk that says so rejects what does."""

import types
import warnings

import numpy as np
import pytest

from normtheory import theory
from normtheory.theory import arguments as require
from tests import bad_input


def test_bad_input_is_refused_by_name():
    faults, answered = bad_input.walk(theory)
    assert not faults, "\n".join(faults)
    assert len(answered) <= len(bad_input.public(theory)) / 10


def careful(x):
    """
    Parameters
    ----------
    x : float
        Positive.

    Examples
    --------
    >>> careful(2.0)
    4.0
    """
    return require.positive("x", x) ** 2


def silent(x):
    """
    >>> silent(2.0)
    1
    """
    return 1


def numpys_own(x):
    """
    >>> float(numpys_own(2.0))
    4.0
    """
    return np.float64(x) ** 2


def real_part(x):
    """
    >>> real_part(2.0)
    2.0
    """
    if not isinstance(x, complex):
        careful(x)
    return float(np.real(x))


def anonymous(x):
    """
    >>> anonymous(2.0)
    4.0
    """
    try:
        return careful(x)
    except (ValueError, TypeError):
        raise ValueError("an argument must be positive") from None


def loud(x):
    """
    >>> loud(2.0)
    4.0
    """
    if x is None:
        warnings.warn("x must be a number", stacklevel=2)
    return careful(x)


def lost_in_size(x):
    """
    >>> lost_in_size(2.0)
    4.0
    """
    return float(require.finite("x", x, ndim=0)) ** 2


def endless(x):
    """
    >>> endless(2.0)
    4.0
    """
    while x is None:
        pass
    return careful(x)


def negative_taken(x):
    """
    Parameters
    ----------
    x : float
        Positive.

    Examples
    --------
    >>> negative_taken(2.0)
    4.0
    """
    return careful(abs(x)) if isinstance(x, float) else careful(x)


def undocumented(x):
    """No example."""


def seeded(rng):
    """
    >>> seeded(np.random.default_rng(0))
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError("rng must be a generator")


def documented(x):
    """
    >>> documented(2.0), documented(float("inf"))
    (4.0, inf)
    """
    return x if isinstance(x, float) and x == np.inf else careful(x)


def walked(function):
    room = types.SimpleNamespace(__all__=[function.__name__], **{function.__name__: function})
    return bad_input.walk(room)


def test_what_names_its_argument_passes():
    assert walked(careful) == ([], set())


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (silent, "silent: x = NaN: accepted: 1"),
        (numpys_own, "numpys_own: x = inf: accepted: inf"),
        (numpys_own, "numpys_own: x = a complex scalar: ComplexWarning"),
        (real_part, "real_part: x = a complex scalar: accepted: 1.0"),
        (anonymous, "anonymous: x = None: ValueError does not say what x must be"),
        (lost_in_size, "lost_in_size: x = 1e300: OverflowError"),
        (loud, "loud: x = None: UserWarning: x must be a number"),
        (endless, "endless: x = None: Hang: no answer within"),
        (negative_taken, "negative_taken: x = a negative: accepted: 4.0"),
        (undocumented, "undocumented: no example in its docstring calls it"),
        (seeded, "seeded: rng = a seed: TypeError does not say what rng must be"),
    ],
)
def test_the_walk_sees(function, fault, monkeypatch):
    monkeypatch.setattr(bad_input, "PATIENCE", 0.5)
    faults, _ = walked(function)
    assert any(fault in one for one in faults), faults


def test_an_answer_that_a_doctest_documents_is_counted():
    assert walked(documented) == ([], {"documented"})
