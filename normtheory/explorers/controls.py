"""What a slider needs to know of a `Parameter`: its positions, label, domain and name."""

import math
from dataclasses import replace

import numpy as np

from normtheory.figures import lettering

POSITIONS = 100
REACH = 10  # of a domain without an end, in units of the typical range's larger end
LEAST = 1e-30  # of a positive number: what is drawn takes fourth powers, and their inverses


def bounded(parameter):
    """The parameter with ends to its domain: an explorer must draw every setting that it takes.

    An infinite end becomes `REACH` times what is typical, and an excluded 0 becomes `LEAST`.
    """
    if parameter.choices:
        return parameter
    far = REACH * max(abs(end) for end in parameter.typical)
    low, high = parameter.domain
    if low == 0 and not parameter.closed:
        low = LEAST
    return replace(parameter, domain=(max(low, -far), min(high, far)))


def positions(parameter, target=POSITIONS):
    """The values a slider stops at: about `target` short decimals that include the default, rising
    inside the typical range, which is finite and on a logarithmic slider above 0; or the choices.
    """
    if parameter.choices:
        return list(parameter.choices)
    low, high = parameter.typical
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"{parameter.name} needs a finite typical range, got {low}, {high}")
    if parameter.log:
        if low <= 0:
            raise ValueError(f"{parameter.name} is logarithmic and must start above 0, got {low}")
        even = np.geomspace(low, high, target + 1)
        # as few digits as keep the positions apart
        rounded = ([_short(v, digits) for v in even] for digits in range(2, 18))
        values = next(r for r in rounded if len(set(r)) > 0.9 * target)
    else:
        step = _nice_step((high - low) / target)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        values = [low, *(_short(k * step, 12) for k in range(first, last + 1)), high]
    if parameter.integer:
        values = [round(v) for v in values]
    inside = (v for v in values if low <= v <= high and _allowed(parameter, v))
    return sorted({*inside, parameter.default})


def describe(parameter, target=POSITIONS):
    """The control of a parameter as plain values for the browser."""
    common = {
        "name": parameter.name,
        "meaning": parameter.meaning,
        "symbol": lettering.outline(f"${parameter.symbol}$"),
        "positions": positions(parameter, target),
        "default": parameter.default,
        "choice": bool(parameter.choices),
    }
    if parameter.choices:
        return common
    low, high = (v if math.isfinite(v) else None for v in parameter.domain)
    return common | {
        "low": low,
        "high": high,
        "closed": parameter.closed,
        "integer": parameter.integer,
    }


def milestones(parameter):
    """Smallest, middle and largest position: what a sweep visits."""
    stops = positions(parameter)
    if parameter.choices:
        return stops
    return sorted({stops[0], stops[len(stops) // 2], stops[-1]})


def _allowed(parameter, value):
    try:
        parameter.validate(value)
    except ValueError:
        return False
    return True


def _short(value, digits):
    return float(f"{value:.{digits}g}")


def _nice_step(size):
    power = 10.0 ** math.floor(math.log10(size))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= size * (1 - 1e-9))
