"""Units run once, are kept whatever happens, and give the same results however they are run."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from patience import slowness
from refused import refuses

from normtheory import data
from normtheory.experiments import report, runner
from normtheory.experiments.store import Store, StoreError

HERE = Path(__file__).parent


class Told(list):
    """A progress callback that remembers."""

    def __call__(self, event, subject, weight):
        self.append(event)


def run(store, seeds=None, told=None, id="sample.normal", scale="smoke", **options):
    given = {"device": "cpu", "progress": told} | options
    (result,) = runner.run([id], scale, seeds, store, **given)
    return result


def test_second_run_takes_what_is_stored(sample, tmp_path):
    store, told = Store(tmp_path), Told()
    first = run(store, range(3), told)
    assert told.count("finished") == 3 and first.seeds == (0, 1, 2)
    told.clear()
    second = run(store, range(5), told)
    assert told.count("stored") == 3 and told.count("finished") == 2
    np.testing.assert_array_equal(second.arrays["values"][:3], first.arrays["values"])
    assert second.judgements[0].verdict == "reproduced"


def test_damaged_unit_is_told_and_run_again(sample, tmp_path):
    store = Store(tmp_path)
    first = run(store)
    damaged = next(tmp_path.rglob("seed-0002.npz"))
    damaged.write_bytes(damaged.read_bytes()[:-9])
    told = Told()
    second = run(store, told=told)
    assert told.count("damaged") == 1 and told.count("finished") == 1
    np.testing.assert_array_equal(first.arrays["values"], second.arrays["values"])


def test_changed_configuration_is_run_anew(sample, tmp_path):
    store = Store(tmp_path)
    run(store)
    sample.EXPERIMENTS = (sample.made(mean=-2.0),)
    told = Told()
    assert run(store, told=told).judgements[0].verdict == "not reproduced"
    assert told.count("finished") == 5


@pytest.fixture
def written(sample, tmp_path):
    """A result that has travelled without its units: its directory, and what was written."""
    result = run(Store(tmp_path))
    report.write(result, tmp_path)
    shutil.rmtree(tmp_path / "units")
    return tmp_path, result


def test_a_result_without_its_units_is_taken_apart_again(written):
    directory, first = written
    told = Told()
    second = run(Store(directory), range(6), told)
    assert told.count("stored") == 5 and told.count("finished") == 1
    np.testing.assert_array_equal(second.arrays["values"][:5], first.arrays["values"])
    assert second.provenances[:5] == first.provenances


def test_no_seed_is_lost_where_fewer_are_asked_for(written):
    directory, first = written
    report.write(run(Store(directory), (1,)), directory)
    told = Told()
    assert run(Store(directory), told=told).provenances == first.provenances
    assert told == ["stored"] * 5


def test_a_run_that_names_no_seeds_keeps_those_that_stand(written):
    directory, _ = written
    report.write(run(Store(directory), range(7)), directory)
    assert run(Store(directory)).seeds == tuple(range(7))


@pytest.mark.parametrize(
    ("name", "value"), [("fingerprint", "0" * 16), ("scale", "toy"), ("device", "cuda, X")]
)
def test_another_result_is_run_anew(written, rewrite, name, value):
    directory, _ = written
    rewrite(directory / "sample.normal.json", **{name: value})
    told = Told()
    run(Store(directory), told=told)
    assert told.count("finished") == 5 and "damaged" not in told


def _cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def _of_another_run(path):
    with np.load(path) as archive:
        np.savez_compressed(path, **{name: array + 1 for name, array in dict(archive).items()})


def _as_before_there_were_digests(path):
    path = path.with_suffix(".json")
    content = json.loads(path.read_text())
    del content["digest"]
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("damage", [_cut, _of_another_run, _as_before_there_were_digests])
def test_a_result_that_does_not_match_is_told_and_run_anew(written, damage):
    directory, first = written
    damage(directory / "sample.normal.npz")
    told = Told()
    second = run(Store(directory), told=told)
    assert told.count("damaged") == 1 and told.count("finished") == 5
    np.testing.assert_array_equal(first.arrays["values"], second.arrays["values"])


def test_a_damaged_unit_is_taken_from_the_result(sample, tmp_path):
    first = run(Store(tmp_path))
    report.write(first, tmp_path)
    _cut(next(tmp_path.rglob("seed-0002.npz")))
    told = Told()
    assert run(Store(tmp_path), told=told).provenances == first.provenances
    assert told == ["damaged", *["stored"] * 5]


def test_interruption_keeps_finished_units(sample, tmp_path, monkeypatch):
    store, whole = Store(tmp_path / "a"), Store(tmp_path / "b")

    def interrupted(event, subject, weight):
        if event == "finished" and subject.seed == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(store, told=interrupted)
    told = Told()
    resumed = run(store, told=told)
    assert told.count("stored") == 3 and told.count("finished") == 2
    np.testing.assert_array_equal(resumed.arrays["values"], run(whole).arrays["values"])


def test_provenance_says_what_was_run(sample, tmp_path):
    result = run(Store(tmp_path), (7,))
    (provenance,) = result.provenances
    assert provenance["seed"] == 7 and provenance["device"] == "cpu, 1 thread"
    assert provenance["configuration"] == {"pause": 0.0, "mean": 2.0}
    assert provenance["fingerprint"] == sample.made().fingerprint("smoke")
    assert {"numpy", "torch", "python", "normtheory"} <= set(provenance["versions"])
    assert provenance["seconds"] >= 0
    json.dumps(provenance)


def test_a_scale_may_load_other_data_than_its_experiment(sample, tmp_path):
    entry = sample.made()
    scales = entry.scales | {"toy": replace(entry.scale("toy"), data=("digits",))}
    sample.EXPERIMENTS = (replace(entry, scales=scales),)
    # the configuration stands for the scale, the data have a fingerprint of their own
    assert sample.EXPERIMENTS[0].fingerprint("toy") == entry.fingerprint("toy")
    loaded = {}
    for scale in ("smoke", "toy"):
        loaded[scale] = run(Store(tmp_path), (0,), scale=scale).provenances[0]["data"]
    assert loaded == {"smoke": {}, "toy": {"digits": data.load("digits").fingerprint}}


def test_bad_input(sample, tmp_path):
    store = Store(tmp_path)
    for options, message in (
        ({"seeds": (1, 1)}, "seeds must be distinct whole numbers"),
        ({"seeds": (-1,)}, "seeds must be distinct whole numbers"),
        ({"seeds": ()}, "seeds must be distinct whole numbers"),
        ({"jobs": 0}, "jobs must be at least 1"),
        ({"scale": "huge"}, "scale must be one of smoke, toy, core, paper, got 'huge'"),
        ({"device": "tpu"}, "device must be one of cpu, cuda, auto, got 'tpu'"),
        ({"id": "sample.norml"}, r"did you mean sample\.normal"),
    ):
        refuses(ValueError, message, run, store, **options)


def test_disk_that_fills_up_is_an_error_that_keeps_finished_units(sample, tmp_path, monkeypatch):
    store = Store(tmp_path)
    save, count = store.save, iter(range(99))

    def filling(path, arrays, provenance):
        if next(count) == 2:
            raise StoreError("cannot write: No space left on device")
        save(path, arrays, provenance)

    monkeypatch.setattr(store, "save", filling)
    refuses(StoreError, "No space left", run, store)
    assert len(list(tmp_path.rglob("seed-*.npz"))) == 2


def _start(directory):
    script = (
        f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        "import sample_experiment as sample\n"
        "sample.register(sample.made(pause=0.02))\n"
        "from normtheory.experiments import runner\n"
        "from normtheory.experiments.store import Store\n"
        "print('started', flush=True)\n"
        "list(runner.run(['sample.normal'], 'smoke', range(20), Store(sys.argv[1]),"
        " device='cpu'))\n"
        "print('done', flush=True)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, str(directory)], stdout=subprocess.PIPE, text=True
    )


def test_two_runs_in_one_directory_agree(sample, tmp_path):
    processes = [_start(tmp_path) for _ in range(2)]
    for process in processes:
        assert process.communicate(timeout=60 * slowness())[0] == "started\ndone\n"
        assert process.returncode == 0
    sample.EXPERIMENTS = (sample.made(pause=0.02),)
    told = Told()
    run(Store(tmp_path), range(20), told)
    assert told.count("stored") == 20 and "finished" not in told


def test_processes_give_the_same_bits_as_one(tmp_path):
    one, two = (
        run(Store(tmp_path / str(jobs)), range(2), id="selu.dropout", jobs=jobs) for jobs in (1, 2)
    )
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, two.arrays[name], err_msg=name)
