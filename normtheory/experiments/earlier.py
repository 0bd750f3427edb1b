"""A result written earlier, taken apart into its seeds: the units that it was put together from."""

import io
import json
import zipfile
import zlib

import numpy as np

from normtheory.experiments.experiment import unstack
from normtheory.experiments.report import SHARED, stored_path
from normtheory.experiments.store import DamagedUnit


def earlier_units(entry, scale, device, data, directory):
    """Units of the result that stands in `directory`, if it is of this configuration and data.

    Results travel without their units (a clone has none), and yet need no second run.

    Parameters
    ----------
    entry : Experiment
    scale : str
    device : {"cpu", "cuda"}
    data : dict
        From data set to its fingerprint, as in `Store.path`.
    directory : path-like

    Returns
    -------
    dict
        From seed to (arrays, provenance), empty where there is no such result.

    Raises
    ------
    DamagedUnit
        If its files are damaged.
    """
    path = stored_path(entry.id, directory)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        same = (
            record["scale"] == scale
            and record["fingerprint"] == entry.fingerprint(scale)
            and record["device"].split(",")[0] == device
            and sorted(record["data"].values()) == sorted(data.values())
        )
        if not same:
            return {}
        content = path.with_suffix(".npz").read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            seeds = unstack(dict(archive))
        found = {}
        for seed, seconds, arrays in zip(record["seeds"], record["seconds"], seeds, strict=True):
            provenance = {name: record[name] for name in ("experiment", "scale", *SHARED)}
            provenance |= {"seed": seed, "seconds": seconds}
            found[seed] = arrays, provenance
        return found
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DamagedUnit(f"{path} or the arrays beside it are damaged: {error}") from None
