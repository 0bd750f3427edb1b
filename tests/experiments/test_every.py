"""What holds for every experiment: it runs at smoke scale, finds there what it found, is drawn, and
its findings reject data that say the opposite.

After a change that is meant, ``python tests/experiments/test_every.py`` stores what is found now.
"""

import json
import os
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest

from normtheory import claims, data
from normtheory.experiments import catalogue, report, runner
from normtheory.experiments.effects import NOT, REPRODUCED
from normtheory.experiments.experiment import SCALES, unstack
from normtheory.experiments.store import Store
from normtheory.experiments.stored import show
from normtheory.figures.picture import picture

pytestmark = pytest.mark.usefixtures("bundled")

RESULTS = Path(__file__).parents[2] / "results"
SMOKE = Path(__file__).with_name("smoke.txt")
# the longest, each of a kind of which others run in less
LONG = (
    *("stdloss.fig7", "per.table4", "vcl.table2", "stdloss.fig2", "vcl.fig1"),
    *("suite.cnn", "suite.depths", "suite.atlas"),
)


def run_marks(id):
    """What looks at one result stays on one worker, which has it already."""
    group = pytest.mark.xdist_group(id)
    return [group, pytest.mark.slow] if id in LONG else [group]


each_run = pytest.mark.parametrize(
    "id", [pytest.param(id, marks=run_marks(id)) for id in catalogue.ids()]
)


def run_small(id, store):
    (result,) = runner.run([id], "smoke", None, store, device="cpu")
    return result


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """Results at smoke scale by id, run when first asked for, on the bundled stand-ins."""
    store, results = Store(tmp_path_factory.mktemp("units")), {}

    def result(id):
        if id not in results:
            results[id] = run_small(id, store)
        return results[id]

    return result


@each_run
def test_runs_and_is_drawn_at_smoke_scale(id, smoke):
    entry, result = catalogue.experiment(id), smoke(id)
    for name, array in result.arrays.items():
        assert array.dtype.kind in "fiubU", name
    assert len(result.judgements) == len(entry.findings)
    content = json.loads(json.dumps(report.record(result), allow_nan=False))
    for deviation in entry.scale("smoke").deviations:
        assert str(deviation) in content["caption"]
    # the digits are bundled: nothing stands in for them
    if set(entry.data) - {"digits"}:
        assert any(note.startswith("STAND-IN") for note in result.notes)
        assert "STAND-IN" in content["caption"]
    with picture(entry.size) as figure:
        entry.draw(figure, result.arrays, entry.document)
        for axes in figure.axes:
            labels = axes.get_xlabel() or axes.get_ylabel() or axes.get_title()
            shared = axes.get_subplotspec() is not None and not axes.get_subplotspec().is_last_row()
            assert labels or shared or figure.subfigs, "an axis has ticks and no label"


def sums(result):
    """Shape and mean of each array but those of a clock, weighted: the order matters, too."""
    for name, array in sorted(result.arrays.items()):
        if array.dtype.kind in "fiub" and not re.search("second|cost|load", name):
            size = np.abs(np.nan_to_num(array, posinf=0, neginf=0)).ravel().astype(float)
            yield name, str(array.shape), float(np.mean(size * (2 + np.cos(np.arange(size.size)))))


@each_run
def test_a_smoke_run_finds_what_it_found(id, smoke):
    stored = [line.split("\t") for line in SMOKE.read_text(encoding="utf-8").splitlines()]
    found = list(sums(smoke(id)))
    known = [(name, shape, float(mean)) for of, name, shape, mean in stored if of == id]
    assert [each[:2] for each in found] == [each[:2] for each in known]
    # other libraries and processors round otherwise, training makes more of it, and an image
    # changes its class
    for (name, _, mean), (*_, before) in zip(found, known, strict=True):
        rel = 0.02 if re.search("accuracy|error|held", name) else 2e-3
        assert mean == pytest.approx(before, rel=rel, abs=1e-9), name


@each_run
def test_a_stored_result_can_take_more_seeds(id, smoke):
    # what a run gives now is what the stored seeds have, or the command of the plan would fail
    content, arrays = report.load(id, RESULTS)
    entry = catalogue.experiment(id)
    of_images = {name for name in arrays if name.endswith(("right", "wrong"))}
    if not entry.scale(content["scale"]).configuration.get("right"):
        of_images = set()
    assert set(arrays) - of_images == set(smoke(id).arrays)


@pytest.mark.parametrize("id", catalogue.ids())
def test_scales_differ_and_say_how(id):
    entry = catalogue.experiment(id)
    prints = {name: entry.fingerprint(name) for name in SCALES}
    if prints["smoke"] != prints["paper"]:
        assert entry.scale("smoke").deviations, id
    exact = all(finding.exact for finding in entry.findings)
    assert entry.scale("toy").seeds >= (1 if exact else 5)
    for finding in entry.findings:
        assert finding.sentence and finding.quantity and len(finding.sentence) < 200


@pytest.mark.parametrize("id", [id for id in catalogue.ids() if (RESULTS / f"{id}.json").exists()])
def test_stored_results_belong_to_the_present_configuration(id):
    entry = catalogue.experiment(id)
    content, arrays = report.load(id, RESULTS)
    if "digits" in content["data"]:  # of all data sets the one that every machine has
        assert content["data"]["digits"] == data.load("digits").fingerprint
    assert content["fingerprint"] == entry.fingerprint(content["scale"])
    differences = entry.scale(content["scale"]).deviations
    assert content["deviations"] == [difference._asdict() for difference in differences]
    assert not any(note.startswith("STAND-IN") for note in content["notes"])
    judgements = entry.judge(arrays, content["scale"])
    for judgement, stored in zip(judgements, content["findings"], strict=True):
        assert judgement.verdict == stored["verdict"]
        assert judgement.values == pytest.approx(stored["values"], rel=1e-6)
        # and what is printed of it is what the experiment says now
        now = json.loads(json.dumps(judgement.record(content["scale"])))
        words = ("sentence", "quantity", "unit", "because", "document", "why")
        assert {name: now.get(name) for name in words} == {name: stored.get(name) for name in words}
    # every finding rejects data that say something else
    for finding, judgement in zip(entry.findings, judgements, strict=True):
        mutants = [finding.contradicted(dict(seed)) for seed in unstack(arrays)]
        changed = finding.judge(mutants).verdict
        if judgement.verdict in (REPRODUCED, NOT):
            assert changed != judgement.verdict, finding.name


@pytest.mark.parametrize("id", catalogue.ids())
def test_the_lesson_follows_from_the_stored_answers(id):
    shown = show(id)
    entry = catalogue.experiment(id)
    assert "Nothing" not in shown.lesson() and "earlier configuration" not in shown.lesson()
    # and from no others: each answer that it rests on is looked at
    assert entry.lesson.answers
    findings = shown.content["findings"]
    for name in entry.lesson.answers:
        other = [
            {**each, "verdict": "another" if each["name"] == name else each["verdict"]}
            for each in findings
        ]
        other = {**shown.content, "findings": other}
        with pytest.raises(ValueError, match=f"rests on {name}"):
            entry.lesson.told(other)


def test_a_document_is_called_wrong_where_its_errata_say_so():
    wrong = {
        finding.erratum: finding
        for id in catalogue.ids()
        for finding in catalogue.experiment(id).findings
        if finding.erratum
    }
    known = {claim.id: claim for claim in claims.claims()}
    errata = (RESULTS.parent / "docs" / "errata.md").read_text(encoding="utf-8")
    for id in wrong:
        assert known[id].verdict in ("amended", "refuted"), id
        assert f"### `{id}`\n" in errata


if __name__ == "__main__":
    os.environ |= {"NORMTHEORY_OFFLINE": "1", "NORMTHEORY_DATA": ""}
    with tempfile.TemporaryDirectory() as folder, SMOKE.open("w", encoding="utf-8") as stored:
        for id in catalogue.ids():
            for name, shape, mean in sums(run_small(id, Store(Path(folder)))):
                print(id, name, shape, f"{mean:.7g}", sep="\t", file=stored)
