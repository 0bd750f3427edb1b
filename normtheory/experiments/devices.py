"""Which device a run uses and with how many threads; torch is loaded where something trains."""

from contextlib import contextmanager
from functools import wraps
from importlib.util import find_spec

from normtheory.extras import require


def resolve_device(device):
    """The torch device type for "cpu", "cuda" or "auto", as "cpu" or "cuda"; ValueError if it is
    none of these, or CUDA is asked for and not there."""
    if device not in ("cpu", "cuda", "auto"):
        raise ValueError(f"device must be one of cpu, cuda, auto, got {device!r}")
    if device == "cpu" or (device == "auto" and find_spec("torch") is None):
        return "cpu"
    import torch

    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise ValueError("device must be one of cpu, auto on a machine without CUDA, got 'cuda'")
    return "cuda" if there else "cpu"


def trains(run):
    """Mark an experiment's `run` as one that needs torch, and that raises MissingExtra without.

    Its module states names, scales and findings and loads no torch: `run` imports what it trains
    with. It has one thread, so that a seed gives the same bits whatever else the machine does.
    """

    @wraps(run)
    def marked(configuration, seed, device):
        require("experiments", "training")
        with one_thread():
            return run(configuration, seed, device)

    return marked


@contextmanager
def one_thread():
    """Within this context torch uses one thread."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
