"""Units run once, are kept whatever happens, and give the same results however they are run."""

import json
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from patience import slowness

from normtheory import data
from normtheory.experiments import report, runner
from normtheory.experiments.store import Store, StoreError

HERE = Path(__file__).parent


class Told(list):
    """A progress callback that remembers."""

    def __call__(self, event, subject, weight):
        self.append(event)


def run(store, seeds=None, told=None, **options):
    (result,) = runner.run(
        ["sample.normal"], "smoke", seeds, store, device="cpu", progress=told, **options
    )
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


def test_a_result_without_its_units_is_taken_apart_again(sample, tmp_path):
    first = run(Store(tmp_path / "a"))
    report.write(first, tmp_path)
    told = Told()
    second = run(Store(tmp_path / "b"), range(6), told, results=tmp_path)
    assert told.count("stored") == 5 and told.count("finished") == 1
    np.testing.assert_array_equal(second.arrays["values"][:5], first.arrays["values"])
    assert second.provenances[:5] == first.provenances
    # its units are stored now
    told.clear()
    run(Store(tmp_path / "b"), told=told)
    assert told == ["stored"] * 5


@pytest.mark.parametrize(
    ("name", "value"), [("fingerprint", "0" * 16), ("scale", "toy"), ("device", "cuda, X")]
)
def test_another_result_is_run_anew(sample, tmp_path, name, value):
    report.write(run(Store(tmp_path / "a")), tmp_path)
    path = tmp_path / "sample.normal.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))
    told = Told()
    run(Store(tmp_path / "b"), told=told, results=tmp_path)
    assert told.count("finished") == 5 and "damaged" not in told


def test_a_damaged_result_is_told_and_run_anew(sample, tmp_path):
    first = run(Store(tmp_path / "a"))
    report.write(first, tmp_path)
    path = tmp_path / "sample.normal.npz"
    path.write_bytes(path.read_bytes()[:-40])
    told = Told()
    second = run(Store(tmp_path / "b"), told=told, results=tmp_path)
    assert told.count("damaged") == 1 and told.count("finished") == 5
    np.testing.assert_array_equal(first.arrays["values"], second.arrays["values"])


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
        (result,) = runner.run(["sample.normal"], scale, (0,), Store(tmp_path), device="cpu")
        loaded[scale] = result.provenances[0]["data"]
    assert loaded == {"smoke": {}, "toy": {"digits": data.load("digits").fingerprint}}


def test_bad_input(sample, tmp_path):
    store = Store(tmp_path)
    for options, message in (
        ({"seeds": (1, 1)}, "seeds must be distinct whole numbers"),
        ({"seeds": (-1,)}, "seeds must be distinct whole numbers"),
        ({"seeds": ()}, "seeds must be distinct whole numbers"),
        ({"jobs": 0}, "jobs must be at least 1"),
    ):
        with pytest.raises(ValueError, match=message):
            run(store, **options)
    with pytest.raises(ValueError, match="scale must be one of smoke, toy, paper, got 'huge'"):
        list(runner.run(["sample.normal"], "huge", None, store, device="cpu"))
    with pytest.raises(ValueError, match="device must be one of cpu, cuda, auto, got 'tpu'"):
        list(runner.run(["sample.normal"], "smoke", None, store, device="tpu"))
    with pytest.raises(ValueError, match=r"did you mean sample\.normal"):
        list(runner.run(["sample.norml"], "smoke", None, store, device="cpu"))


def test_disk_that_fills_up_is_an_error_that_keeps_finished_units(sample, tmp_path, monkeypatch):
    store = Store(tmp_path)
    save, count = store.save, iter(range(99))

    def filling(path, arrays, provenance):
        if next(count) == 2:
            raise StoreError("cannot write: No space left on device")
        save(path, arrays, provenance)

    monkeypatch.setattr(store, "save", filling)
    with pytest.raises(StoreError, match="No space left"):
        run(store)
    assert len(list(tmp_path.rglob("seed-*.npz"))) == 2


def _start(directory, seeds):
    script = (
        f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        "import sample_experiment as sample\n"
        "sample.register(sample.made(pause=0.02))\n"
        "from normtheory.experiments import runner\n"
        "from normtheory.experiments.store import Store\n"
        "print('started', flush=True)\n"
        f"list(runner.run(['sample.normal'], 'smoke', range({seeds}), Store(sys.argv[1]),"
        " device='cpu'))\n"
        "print('done', flush=True)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, str(directory)], stdout=subprocess.PIPE, text=True
    )


def test_killed_at_random_times_it_resumes_and_loses_nothing(sample, tmp_path):
    seeds, dice = 60, random.Random(0)
    sample.EXPERIMENTS = (sample.made(pause=0.02),)
    kept = {}
    for _ in range(4):
        process = _start(tmp_path, seeds)
        assert process.stdout.readline() == "started\n"
        time.sleep(dice.uniform(0.0, 0.35) * slowness())
        process.kill()
        process.wait()
        process.stdout.close()
        store = Store(tmp_path)
        units = {path.name: store.load(path) for path in tmp_path.rglob("seed-*.npz")}
        # nothing that was there is gone or changed, and nothing half-written is visible
        assert kept.keys() <= units.keys() and None not in units.values()
        for name, arrays in kept.items():
            np.testing.assert_array_equal(units[name][0]["values"], arrays["values"])
        kept = {name: arrays for name, (arrays, _) in units.items()}
    assert 0 < len(kept) < seeds
    told = Told()
    (result,) = runner.run(
        ["sample.normal"], "smoke", range(seeds), Store(tmp_path), device="cpu", progress=told
    )
    assert told.count("stored") == len(kept)
    for seed in range(seeds):
        expected = np.random.default_rng(seed).normal(2.0, 1.0, size=200)
        np.testing.assert_array_equal(result.arrays["values"][seed], expected)


def test_two_runs_in_one_directory_agree(sample, tmp_path):
    processes = [_start(tmp_path, 20) for _ in range(2)]
    for process in processes:
        assert process.communicate(timeout=60 * slowness())[0] == "started\ndone\n"
        assert process.returncode == 0
    sample.EXPERIMENTS = (sample.made(pause=0.02),)
    told = Told()
    list(
        runner.run(
            ["sample.normal"], "smoke", range(20), Store(tmp_path), progress=told, device="cpu"
        )
    )
    assert told.count("stored") == 20 and "finished" not in told


def test_processes_give_the_same_bits_as_one(tmp_path):
    one, two = (
        next(
            runner.run(
                ["vcl.fig2"],
                "smoke",
                range(2),
                Store(tmp_path / str(jobs)),
                jobs=jobs,
                device="cpu",
            )
        )
        for jobs in (1, 2)
    )
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, two.arrays[name], err_msg=name)
