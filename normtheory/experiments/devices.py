"""Which device a run uses and with how many threads; torch is loaded only where it is needed."""

import sys
from contextlib import contextmanager


def resolve_device(device):
    """The torch device type for "cpu", "cuda" or "auto", as "cpu" or "cuda".

    Raises
    ------
    ValueError
        If `device` is none of these, or CUDA is asked for and not there.
    """
    if device not in ("cpu", "cuda", "auto"):
        raise ValueError(f"device must be one of cpu, cuda, auto, got {device!r}")
    if device == "cpu":
        return device
    import torch

    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise ValueError("device must be one of cpu, auto on a machine without CUDA, got 'cuda'")
    return "cuda" if there else "cpu"


@contextmanager
def one_thread():
    """Within this context torch, if it is loaded, uses one thread: the same seed gives the same
    bits whatever else runs on the machine."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
