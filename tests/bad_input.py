"""A walk over the public functions and classes of a room, which tries bad input on every argument.

    faults, answered = walk(room)   # sentences about what is wrong; functions that document
                                    # an answer to bad input by a doctest
    walk(room, ["one_name"])        # the same of some of them

The working call is the first in the docstring's examples, so a new function is in by itself, and
one without an example is a fault. Each argument in turn, defaults included, is replaced. Allowed:
a ValueError or TypeError that says what the argument, by name, must be; for `rng` it mentions
`default_rng`. An error about shapes may name the argument
that the shape belongs to instead. An answer is allowed only

- to the very input of a doctest;
- to a negative, zero or fraction (finite, then) where the Parameters section does not exclude
  it: "positive", "at least 1", "in (0, 1)" and so on. An integer has to be declared for it, by
  "at least 0" or an example; a fraction wants "float" or "array";
- to another shape (finite as well) where the section says "array" without a shape, or "...";
- to a tensor with a NaN, if NaN comes out, or the section says "overwritten";
- to a number that is large or small beyond measure (`EXTREMES`), if it is no NaN.

"Finite" is waived where the docstring says inf or NaN. A parameter without an entry of its own has
that of a function that the docstring mentions, `like_this`. No warning, and no more than `PATIENCE`
seconds of processor time.
"""

import contextlib
import copy
import doctest
import inspect
import io
import itertools
import numbers
import re
import signal
import sys
import warnings
from unittest import mock

import numpy as np

PATIENCE = 20.0
BAD = {
    "NaN": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
    "None": None,
    "a string": "no such word",
    "a complex scalar": np.complex128(1 + 1j),
    "10**400": 10**400,
    "an empty array": np.array([]),
    "an empty list": [],
    "a ragged list": [[1.0, 2.0], [3.0]],
    "an object": object(),
    "a bool": True,
}
SHAPES = ("a wrong shape", "a missing entry")
# not bad by themselves: an answer is fine, infinity and numpy's warning of it, or a refusal
EXTREMES = {"1e300": 1e300, "1e-300": 1e-300}


class Hang(BaseException):
    """A call that takes too long; no handler for Exception may swallow it."""


def public(room):
    """Name and object of everything in `__all__` that can be called."""
    objects = {name: getattr(room, name) for name in sorted(room.__all__)}
    return {name: thing for name, thing in objects.items() if callable(thing)}


def walk(room, names=None):
    """(faults, answered) of the room's public callables, or of those named."""
    faults, answered = [], set()
    for name, function in public(room).items():
        if names and name not in names:
            continue
        calls = _documented_calls(function)
        if not calls:
            faults.append(f"{name}: no example in its docstring calls it")
            continue
        descriptions = _descriptions(function)
        for argument, parameter in calls[0].signature.parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD:
                continue
            shown = [_value(call, parameter) for call in calls]
            for kind, bad in _replacements(shown[0], parameter.default):
                if fault := _fault(function, calls[0], argument, kind, bad, descriptions, shown):
                    faults.append(f"{name}: {argument} = {kind}: {fault}")
                elif kind in BAD and any(_same(bad, one) for one in shown):
                    answered.add(name)
    return faults, answered


def _documented_calls(function):
    """The calls with all their arguments that the docstring's examples make without an error."""
    calls, name = [], function.__name__
    signature, is_class = inspect.signature(function), inspect.isclass(function)
    start = "__new__" if is_class and "__new__" in vars(function) else "__init__"
    original = getattr(function, start) if is_class else function

    def watched(*positional, **keywords):
        bound = signature.bind(*positional[is_class:], **keywords)  # without self
        bound.apply_defaults()
        kept = copy.deepcopy(bound)
        result = original(*positional, **keywords)
        calls.append(kept)
        return result

    names = dict(vars(sys.modules[function.__module__]))
    # a class stays itself, since an example may inherit from it
    replacement = function if is_class else watched
    recording = contextlib.nullcontext()
    if is_class:
        recording = mock.patch.object(function, start, watched)
    with recording:
        for example in doctest.DocTestParser().get_examples(function.__doc__ or ""):
            if names.get(name, function) is function:  # an example may import it once more
                names[name] = replacement
            expected = Exception if example.exc_msg else ()
            with contextlib.suppress(expected), contextlib.redirect_stdout(io.StringIO()):
                exec(compile(example.source, name, "exec"), names)
    return calls


def _value(call, parameter):
    """What a call gives for a parameter; of several positional ones the first."""
    value = call.arguments[parameter.name]
    return next(iter(value), None) if parameter.kind is parameter.VAR_POSITIONAL else value


def _descriptions(function):
    """Argument -> its entry in the Parameters section, type and text; "" without one."""
    text = inspect.getdoc(function) or ""
    found = _entries(text)
    for name in re.findall(r"`(\w+)`", text):
        other = vars(sys.modules[function.__module__]).get(name)
        found = _entries(inspect.getdoc(other) or "") | found if callable(other) else found
    return dict.fromkeys(inspect.signature(function).parameters, "") | found


def _entries(docstring):
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w+\n-+\n|\Z)", docstring, re.S | re.M)
    found = {}
    for entry in re.split(r"^(?=\S)", section[1], flags=re.M) if section else []:
        names, colon, text = entry.partition(" : ")
        if colon:
            found |= {name.strip(" *\\"): text for name in names.split(",")}
    return found


def _replacements(value, default):
    """(kind, replacement) of a working value."""
    allowed = {"a bool": isinstance(value, bool), "None": default is None}
    yield from ((kind, bad) for kind, bad in BAD.items() if not allowed.get(kind))
    if isinstance(value, np.random.Generator):
        yield "a seed", 0
    if _is_tensor(value):
        if value.is_floating_point() and value.numel():
            poisoned = value.detach().clone()
            poisoned.view(-1)[0] = float("nan")
            yield "a tensor with NaN", poisoned
        return
    if isinstance(value, str | bool | None) or not (array := _numeric(value)).size:
        return
    if array.ndim == 0:
        yield "a negative", type(value)(-abs(value) if value else -1)
        yield "zero", type(value)(0)
        yield "a wrong shape", np.array([value, value])
        if isinstance(value, numbers.Integral):
            yield "a fraction", value + 0.5
        else:
            yield from EXTREMES.items()
        return
    yield "negatives", -np.abs(array)
    yield "zeros", np.zeros_like(array)
    yield "a wrong shape", np.stack([array, array])
    if array.shape[-1] > 1:
        yield "a missing entry", array[..., :-1]
    if array.dtype.kind in "iu":
        yield "fractions", array + 0.5
    yield "a complex array", array + 1j
    for kind in ("NaN", "inf", "None", "a string", "a complex scalar", "10**400", "an object"):
        entries = array.astype(object)
        entries.flat[0] = BAD[kind]
        yield f"an entry that is {kind}", entries.tolist()


def _numeric(value):
    """The value as an array of numbers, empty if it is none."""
    try:
        array = np.asarray(value)
        return array if array.dtype.kind in "iufc" else array.astype(float)
    except (TypeError, ValueError, OverflowError):
        return np.array([])


def _fault(function, call, argument, kind, bad, descriptions, shown):
    """What is wrong with how the function takes this value, or None."""
    bound = inspect.BoundArguments(call.signature, copy.deepcopy(call.arguments))
    text = descriptions[argument]
    parameter = call.signature.parameters[argument]
    bound.arguments[argument] = (bad,) if parameter.kind is parameter.VAR_POSITIONAL else bad
    try:
        with _limited(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore" if kind in EXTREMES else "error")
            answer = function(*bound.args, **bound.kwargs)
            if inspect.isgenerator(answer):
                answer = list(itertools.islice(answer, 1000))
    except (ValueError, TypeError) as error:
        # which of two shapes is wrong is not known
        named = "|".join(descriptions) if kind in SHAPES else argument
        wanted = [rf"\b({named})\b", "must"] + ["default_rng"] * (argument == "rng")
        if all(re.search(word, str(error)) for word in wanted):
            return None
        return f"{type(error).__name__} does not say what {argument} must be: {error}"
    except (Exception, Hang) as error:
        return f"{type(error).__name__}: {error}"
    if any(_same(bad, one) for one in shown):
        return None
    if kind == "a string" and isinstance(shown[0], str) and re.search(r"\bAny\b", text):
        return None
    if kind == "a tensor with NaN":
        kept = not _finite(answer) or "overwritten" in text
        return None if kept else "NaN is lost on the way"
    waived = re.search(r"\b(inf|nan)\b", function.__doc__, re.IGNORECASE)
    if kind in EXTREMES:
        return "NaN" if np.isnan(_numbers(answer)).any() and not waived else None
    allowed = kind not in BAD and _allowed(kind, text, shown)
    if allowed and (waived or _finite(answer)):
        return None
    shortened = str(answer)[:80] if np.size(_numeric(answer)) else type(answer).__name__
    return f"{'not finite' if allowed else 'accepted'}: {shortened}"


def _allowed(kind, text, shown):
    """Whether the Parameters section leaves room for an answer to this kind of number or shape."""
    type_line = text.partition("\n")[0]
    is_array = "array" in text or any(np.ndim(one) for one in shown)
    integer = not re.search("float|array|real|number", type_line) and all(
        isinstance(one, numbers.Integral) for one in shown
    )
    positive = re.search(
        r"(?<!non-)\b[Pp]ositive\b|> 0|(?<!\b\w )[Aa]t least [1-9]|\(0(\.0)?, ", text
    )
    at_least_0 = re.search(r"[Aa]t least 0|>= 0|non-negative|[Nn]ot negative|\[0(\.0)?, ", text)
    if kind.startswith("negative") or kind == "a negative":
        return not (positive or at_least_0 or integer)
    if kind.startswith("zero"):
        return not positive and (bool(at_least_0) or not integer)
    if kind.startswith("fraction") or kind == "a fraction":
        return not integer and not re.search(r"\bint\b", type_line)
    if kind == "a wrong shape":
        return is_array and (not re.search(r"\([\w., *+-]+\)", type_line) or "..." in type_line)
    return kind == "a missing entry"


def _same(one, other):
    as_text = (repr(np.asarray(x).tolist() if not _is_ragged(x) else x) for x in (one, other))
    return len(set(as_text)) == 1


def _is_ragged(value):
    try:
        np.asarray(value)
    except (ValueError, TypeError, RuntimeError):
        return True
    return False


def _is_tensor(value):
    return type(value).__module__.startswith("torch") and hasattr(value, "is_floating_point")


def _finite(answer):
    """Whether all numbers in an answer are finite; what holds none is."""
    return bool(np.isfinite(_numbers(answer)).all())


def _numbers(answer):
    """All numbers in an answer, in one flat array."""
    if isinstance(answer, list | tuple):
        return np.concatenate([np.empty(0), *map(_numbers, answer)])
    if _is_tensor(answer):
        return answer.detach().double().numpy().ravel()
    return _numeric(answer).ravel()


@contextlib.contextmanager
def _limited():
    def stop(*_):
        raise Hang(f"no answer within {PATIENCE:g} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
