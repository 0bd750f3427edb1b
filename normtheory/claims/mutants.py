"""Wrong answers: a claimed number or function 1.5 % off, up and down, a count by one."""

from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction

import numpy as np

_STEP = Fraction(3, 200)  # 1.5 %


class NoNumber(TypeError):
    """What was to be made 1.5 % wrong is no number."""


def off(value, up):
    """`value` 1.5 % too large or too small: a whole number by one, a function in its answers.

    Raises
    ------
    NoNumber
        If it is no number, nor made of numbers.

    Examples
    --------
    >>> off(3, up=True), off(2.0, up=False), off((1, 0.5), up=True)
    (4, 1.97, (2, 0.5075))
    """
    if isinstance(value, bool | np.bool_ | str) or value is None:
        raise NoNumber(f"{value!r} cannot be 1.5 % off")
    if _is_function(value):
        return lambda *args, **kwargs: off(value(*args, **kwargs), up)
    if isinstance(value, dict):
        return {key: off(each, up) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return _like(value, [off(each, up) for each in value])
    if isinstance(value, int | np.integer):
        return value + (1 if up else -1)
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return value + (1 if up else -1)
    if isinstance(value, np.ndarray) and value.dtype.kind not in "fcO":
        raise NoNumber(f"an array of {value.dtype} cannot be 1.5 % off")
    factor = 1 + _STEP if up else 1 - _STEP
    if is_dataclass(value):
        return _parts_off(value, up)
    if isinstance(value, Fraction) or hasattr(value, "free_symbols"):
        return value * factor
    if isinstance(value, float | complex | np.ndarray | np.number):
        return value * float(factor)
    raise NoNumber(f"{value!r} cannot be 1.5 % off")


def _parts_off(value, up):
    """A dataclass whose numbers are all off."""
    wrong = {}
    for each in fields(value):
        with suppress(NoNumber):
            if not callable(part := getattr(value, each.name)):
                wrong[each.name] = off(part, up)
    if not wrong:
        raise NoNumber(f"{value!r} cannot be 1.5 % off")
    try:
        return replace(value, **wrong)
    except ValueError as error:  # a distribution whose moments are checked
        raise NoNumber(f"{value!r} cannot be 1.5 % off: {error}") from error


def _is_function(value):
    # a symbol of sympy can be called, too
    return callable(value) and not hasattr(value, "free_symbols")


def _like(value, items):
    """A tuple or list of the same type as `value`."""
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def wrong_answers(name, value):
    """(what is wrong, mutant) for each number in a claimed value, up and down."""
    if isinstance(value, tuple | list | dict):
        found = []
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            for what, wrong in wrong_answers(f"{name}[{key}]", each):
                if isinstance(value, dict):
                    found.append((what, {**value, key: wrong}))
                else:
                    items = [wrong if k == key else other for k, other in enumerate(value)]
                    found.append((what, _like(value, items)))
        return found
    try:
        pair = off(value, True), off(value, False)
    except NoNumber:
        return []
    if not _is_function(value) and np.all(np.equal(pair, value)):
        return []  # 1.5 % of zero or infinity: what else it could be has to be named
    step = "1" if isinstance(value, int | np.integer) else "1.5 %"
    return [(f"{name} {sign} {step}", wrong) for sign, wrong in zip("+-", pair, strict=True)]
