"""Runs experiments: what is stored is taken, what is missing is run, every finished unit is kept.

Units run in this process, in processes of one machine (joblib), or on a Dask cluster; the caller
stores each as it finishes, so that a kill at any moment loses only the unfinished ones.
"""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass

from normtheory import data
from normtheory.data.sources import Damaged
from normtheory.experiments import report
from normtheory.experiments.catalogue import experiment
from normtheory.experiments.devices import resolve_device
from normtheory.experiments.experiment import Experiment, stack
from normtheory.experiments.units import Unit, finish


@dataclass(frozen=True)
class Result:
    """An experiment's arrays over its seeds, the judged findings, and where they come from."""

    experiment: Experiment
    scale: str
    seeds: tuple[int, ...]
    arrays: dict
    provenances: tuple[dict, ...]
    judgements: tuple

    @property
    def id(self):
        """That of the experiment."""
        return self.experiment.id

    @property
    def notes(self):
        """What the data were, one sentence for each set."""
        return tuple(self.provenances[0]["notes"])


def run(ids, scale, seeds, store, *, device="auto", jobs=1, scheduler=None, progress=None):
    """Yield the `Result` of each experiment as soon as its last seed is there.

    Parameters
    ----------
    seeds : sequence of int or None
        None takes each experiment's own number of seeds, or as many as stand in the store's
        directory.
    store : normtheory.experiments.store.Store
        Seeds of a result that stands in its directory need no run, even where it has no units.
    device : str
        "cpu", "cuda" or "auto".
    jobs : int
        Processes on this machine, each with one thread; not used where there is a `scheduler`, the
        address of Dask's.
    progress : callable or None
        ``progress(event, unit_or_id, weight)`` is told "planned" and "finished" units, "stored"
        ones that need no run, and "damaged" ones that are redone.

    Raises
    ------
    ValueError
        For an unknown id, scale or device, a damaged data file, or seeds that are not distinct
        whole numbers of at least 0.
    StoreError
        If results cannot be written.
    """
    tell = (lambda *told: None) if progress is None else progress
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, got {jobs!r}")
    device = resolve_device(device)
    plans, missing = {}, []
    for id in ids:
        entry = experiment(id)
        size = entry.scale(scale)
        least = max(size.seeds, _standing(id, scale, store))
        chosen = _checked(range(least) if seeds is None else seeds)
        origins, fingerprints = _origins(entry.data_at(scale))
        _adopt(entry, scale, device, fingerprints, store, tell)
        plan = {}
        for seed in chosen:
            unit = Unit(id, scale, seed, device, origins)
            path = store.path(entry, scale, device, fingerprints, seed)
            plan[seed] = path
            if _stored(store, path, tell) is None:
                tell("planned", unit, size.seconds)
                missing.append((unit, path))
            else:
                tell("stored", unit, size.seconds)
        plans[id] = plan
    open_units = {id: {unit.seed for unit, _ in missing if unit.id == id} for id in plans}
    for id in [id for id, seeds_left in open_units.items() if not seeds_left]:
        yield _result(id, scale, plans[id], store)
    paths = dict(missing)
    with _executed([unit for unit, _ in missing], jobs, scheduler) as finished:
        for unit, (arrays, provenance) in finished:
            store.save(paths[unit], arrays, provenance)
            tell("finished", unit, experiment(unit.id).scale(scale).seconds)
            open_units[unit.id].discard(unit.seed)
            if not open_units[unit.id]:
                yield _result(unit.id, scale, plans[unit.id], store)


def until_decided(ids, scale, seeds, store, *, jobs=1, **options):
    """As `run`, with seeds added to each experiment until its findings are decided; `seeds` is
    None.

    It begins with the experiment's own number of seeds, or as many as stand in the store's
    directory, and goes on, `jobs` at a time, up to the scale's `largest` or until none of the open
    findings is likely to be decided by more: the rule may be looked at after every seed.
    """
    for id in ids:
        size = experiment(id).scale(scale)
        count = max(size.seeds, _standing(id, scale, store))
        while True:
            (result,) = run([id], scale, range(count), store, jobs=jobs, **options)
            hopeful = [each for each in result.judgements if each.needed]
            if not hopeful or count >= size.largest:
                break
            count = min(count + jobs, size.largest)
        yield result


def _standing(id, scale, store):
    """How many seeds, from 0 on, a result in the store's directory has."""
    try:
        found = report.load(id, store.directory)
    except Damaged:  # `run` will say so
        return 0
    if found is None or found[0]["scale"] != scale:
        return 0
    seeds = found[0]["seeds"]
    return len(seeds) if seeds == list(range(len(seeds))) else 0


def _checked(seeds):
    seeds = tuple(seeds)
    whole = all(isinstance(seed, int) and seed >= 0 for seed in seeds)
    if not seeds or not whole or len(set(seeds)) != len(seeds):
        raise ValueError(f"seeds must be distinct whole numbers of at least 0, got {seeds!r}")
    return seeds


def _origins(names):
    loaded = [data.load(name) for name in names]
    origins = tuple((name, item.origin) for name, item in zip(names, loaded, strict=True))
    return origins, {item.name: item.fingerprint for item in loaded}


def _adopt(entry, scale, device, fingerprints, store, tell):
    """Store the units of a result of this configuration and data that the store does not have.

    Results travel without their units (a clone has none), and yet need no second run.
    """
    try:
        found = report.load(entry.id, store.directory)
    except Damaged as error:
        tell("damaged", f"{error}; it is made again", 0)
        return
    if found is None:
        return
    content, arrays = found
    same = (
        content["scale"] == scale
        and content["fingerprint"] == entry.fingerprint(scale)
        and content["device"].split(",")[0] == device
        and sorted(content["data"].values()) == sorted(fingerprints.values())
    )
    for seed, unit in report.units(content, arrays).items() if same else ():
        path = store.path(entry, scale, device, fingerprints, seed)
        if _stored(store, path, tell) is None:
            store.save(path, *unit)


def _stored(store, path, tell):
    try:
        return store.load(path)
    except Damaged as error:
        tell("damaged", f"{error}; it is made again", 0)
        return None


def _result(id, scale, plan, store):
    loaded = [store.load(path) for path in plan.values()]
    arrays = stack([arrays for arrays, _ in loaded])
    entry = experiment(id)
    return Result(
        experiment=entry,
        scale=scale,
        seeds=tuple(plan),
        arrays=arrays,
        provenances=tuple(provenance for _, provenance in loaded),
        judgements=tuple(entry.judge(arrays, scale)),
    )


@contextmanager
def _executed(units, jobs, scheduler):
    """A context that gives an iterator of (unit, outcome) as they finish."""
    if scheduler is not None and units:
        from normtheory.experiments.cluster import executed_on

        with executed_on(scheduler, units) as finished:
            yield finished
    elif jobs == 1 or len(units) < 2:
        yield map(finish, units)
    else:
        import joblib

        with joblib.parallel_config("loky", inner_max_num_threads=1):
            parallel = joblib.Parallel(
                n_jobs=min(jobs, len(units)), return_as="generator_unordered"
            )
            finished = parallel(joblib.delayed(finish)(unit) for unit in units)
            try:
                yield finished
            finally:
                with warnings.catch_warnings():
                    # that an interrupted run leaves work unused is no news
                    warnings.simplefilter("ignore", UserWarning)
                    finished.close()
