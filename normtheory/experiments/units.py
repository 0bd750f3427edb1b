"""One unit of work: an experiment at one configuration and one seed, with its provenance."""

import functools
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from normtheory import __version__, data
from normtheory.experiments.catalogue import experiment


@dataclass(frozen=True)
class Unit:
    """What has to be run, in plain values that any process or machine can rebuild it from.

    `origins` maps each data set to where it is read from, so that all units of a figure use the
    same one.
    """

    id: str
    scale: str
    seed: int
    device: str
    origins: tuple[tuple[str, str], ...] = ()

    def run(self):
        """Run the unit: its arrays, and their provenance."""
        entry = experiment(self.id)
        configuration = entry.scale(self.scale).configuration
        start = time.perf_counter()
        arrays = entry.run({**configuration, "data": dict(self.origins)}, self.seed, self.device)
        seconds = time.perf_counter() - start
        sets = {name: data.load(name, origin) for name, origin in self.origins}
        provenance = {
            "experiment": self.id,
            "scale": self.scale,
            "configuration": configuration,
            "fingerprint": entry.fingerprint(self.scale),
            "seed": self.seed,
            "device": _device_name(self.device),
            "data": {name: loaded.fingerprint for name, loaded in sets.items()},
            "notes": [loaded.note for loaded in sets.values()],
            "versions": dict(_versions()),
            "machine": f"{platform.system()} {platform.machine()}",
            "seconds": round(seconds, 3),
        }
        return {name: np.asarray(array) for name, array in arrays.items()}, provenance


def finish(unit):
    """A unit with what its run returns, for executors that lose their order."""
    return unit, unit.run()


def _device_name(device):
    if device == "cpu":
        return "cpu, 1 thread"
    import torch

    return f"cuda, {torch.cuda.get_device_name()}"


@functools.cache
def _versions():
    found = {"normtheory": __version__, "python": platform.python_version()}
    for name in ("numpy", "scipy", "torch", "scikit-learn"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
