"""What a run leaves behind: pictures, the arrays behind them, and a record of what was found.

A digest in the record, which the pictures carry, too, ties the four files of a result. Where a run
was killed between them, or wrote at once with another, they do not match and are made again.
"""

import json
from pathlib import Path

from normtheory.data.sources import unpacked, whole
from normtheory.experiments import store
from normtheory.experiments.effects import REPRODUCED
from normtheory.experiments.experiment import unstack
from normtheory.figures.picture import note_below, picture, rendered

# what the provenances of all seeds of a result have in common
SHARED = ("configuration", "fingerprint", "device", "data", "notes", "versions", "machine")

_PACKAGE = Path(__file__).resolve().parents[1]
# a clone's own results, or those that came with an installed package
_STORED = _PACKAGE.parent / "results"
if not _STORED.is_dir():
    _STORED = _PACKAGE / "results"


def caption(result):
    """What the picture shows, of what, and what differs from the document."""
    entry = result.experiment
    seeds = f"{len(result.seeds)} seed{'s' * (len(result.seeds) != 1)}"
    parts = [f"{entry.source}. {result.scale} scale, {seeds}", *result.notes]
    parts += map(str, entry.scale(result.scale).deviations)
    return "; ".join(parts) + "."


def write(result, directory):
    """Write <id>.png, .svg, .npz (the arrays drawn) and .json (caption, findings, provenance);
    return those that stood beside a record of this very result and were not as they are now."""
    content = json.loads(json.dumps(record(result)))  # as it will be read
    content["digest"] = store.digest(result.arrays, content)
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    data = {".npz": store.packed(result.arrays), ".json": text.encode()}
    path = stored_path(result.id, directory)
    files = {
        path.with_suffix(suffix): file
        for suffix, file in (_drawn(result, content["digest"]) | data).items()
    }
    before = {each: store.read(each) for each in files}
    changed = {each: file for each, file in files.items() if file != before[each]}
    store.write(changed)
    known = content["digest"].encode() in (before[path] or b"")
    return [each for each in changed if known and before[each] is not None]


def _drawn(result, identifier):
    entry = result.experiment
    with picture(entry.size) as figure:
        entry.draw(figure, result.arrays, entry.document)
        note_below(figure, _wrapped(caption(result), entry.size[0]))
        return rendered(figure, identifier)


def record(result):
    """Everything about a result but its arrays, as plain JSON values."""
    entry = result.experiment
    first = result.provenances[0]
    return {
        "experiment": result.id,
        "title": entry.title,
        "source": entry.source,
        "says": entry.says,
        "scale": result.scale,
        "caption": caption(result),
        "deviations": [difference._asdict() for difference in entry.scale(result.scale).deviations],
        "document": entry.document,
        "findings": [judgement.record(result.scale) for judgement in result.judgements],
        "seeds": list(result.seeds),
        "seconds": [provenance["seconds"] for provenance in result.provenances],
        **{key: first[key] for key in SHARED},
    }


def stored_path(id, directory=None):
    """Where the record of a stored result stands, or would stand; its arrays are beside it."""
    return Path(directory or _STORED) / f"{id}.json"


def load(id, directory=None):
    """A stored result: its record with the digest, and its arrays; None if nothing is stored.
    Damaged says that the two are not what was written together."""
    path = stored_path(id, directory)
    text, archive = store.read(path), store.read(path.with_suffix(".npz"))
    if text is None:
        return None
    with whole(path, "record of the arrays beside it"):
        content = dict(json.loads(text))
        if archive is None:
            raise ValueError(f"{id}.npz is missing")
        arrays = unpacked(archive)
        bare = {key: value for key, value in content.items() if key != "digest"}
        store.require(content["digest"], arrays, bare)
        if content["experiment"] != id:
            raise ValueError(f"it is of {content['experiment']}")
    return content, arrays


def units(content, arrays):
    """What a stored result was put together from: from seed to (arrays, provenance)."""
    shared = {name: content[name] for name in ("experiment", "scale", *SHARED)}
    seeds = zip(content["seeds"], content["seconds"], unstack(arrays), strict=True)
    return {
        seed: (one, {**shared, "seed": seed, "seconds": seconds}) for seed, seconds, one in seeds
    }


def stored_verdicts(id, scale, directory=None):
    """Verdicts by finding that the project's stored results give at `scale`; empty if none."""
    stored = load(id, directory)
    if stored is None or stored[0]["scale"] != scale:
        return {}
    return {finding["name"]: finding["verdict"] for finding in stored[0]["findings"]}


def lost(result, stored):
    """Judgements that `stored` calls reproduced and that no longer are."""
    return [
        judgement
        for judgement in result.judgements
        if stored.get(judgement.finding.name) == REPRODUCED != judgement.verdict
    ]


def _wrapped(text, inches):
    import textwrap

    # characters of the note's size on one line of the picture
    return "\n".join(textwrap.wrap(text, int(inches * 17)))
