"""The measuring itself: ratios, rows, the table, the command; not the numbers."""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from refused import refuses

from benchmarks import explorers as measured
from benchmarks import gpu, startup, steps, table, training
from benchmarks.row import Row, ratio_row
from benchmarks.timing import race
from normtheory import data
from normtheory.claims import ledger
from normtheory.cli import bench, main

ROOT = Path(__file__).resolve().parents[1]
TIMES = {"quick": np.arange(21), "late": 3 * np.arange(21)}


def burn(seconds):
    def call():
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    return call


@pytest.mark.slow
def test_race_measures_cpu_time():
    found = race({"one": burn(0.002), "three": burn(0.006)}, rounds=5, seconds=0.01)
    ratio = found.ratio("three", "one")
    assert ratio.low <= ratio.median <= ratio.high
    assert 2 < ratio.median < 4
    assert found.median("one") == pytest.approx(0.002, rel=0.5)
    contenders = {"sleep": lambda: time.sleep(0.002), "work": burn(0.002)}
    asleep = race(contenders, rounds=2, seconds=0.002)
    assert asleep.ratio("sleep", "work").median < 0.2


def test_rows_say_whether_the_target_is_met():
    assert Row("a", "b", 3.0, sense="at least", target=2).met is True
    assert Row("a", "b", 3.0, sense="at most", target=2).met is False
    assert Row("a", "b", 3.0).met is None
    found = race({"one": burn(0.001), "two": burn(0.002)}, rounds=3, seconds=0.002)
    row = ratio_row("two", "one", found.ratio("two", "one"), sense="at most", target=9)
    assert row.cells()[3:5] == ("at most 9x", "met")
    assert row.record()["met"] is True


def test_table_has_columns():
    text = table.text([Row("first", "x", 1.5), Row("a longer name", "y", 2.0, 1.0, 3.0)])
    lines = text.splitlines()
    assert lines[0].index("against") == lines[1].index("x ") == lines[2].index("y ")
    assert "2x [1, 3]" in lines[2]


def test_the_table_takes_the_place_of_the_last_one_in_a_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n{table.MARKS[0]}old{table.MARKS[1]}\nAfter.\n")
    rows = [Row("one", "x", 3.0, 2.5, 3.5, "at most", 2.0, milliseconds=1.25), Row("two", "y", 4.0)]
    for _ in range(2):
        table.rewrite(page, rows)
    text = page.read_text()
    assert text.startswith("Before.\n") and text.endswith("\nAfter.\n") and "old" not in text
    assert text.count("| one | x | 3x [2.5, 3.5] | at most 2x | **missed** | 1.25 ms |\n") == 1
    assert "0 targets are met, 1 missed." in text and "| two | y | 4x | - |  |  |" in text
    page.write_text("no marks")
    refuses(ValueError, "markdown must name a file with the marks", table.rewrite, page, rows)


@pytest.mark.slow
def test_steps_race_every_normalization_and_loss(monkeypatch):
    names = ["MLP 64x6, b = 20", "transformer 64x2, b = 8, 32 tokens"]
    found = steps.rows(rounds=2, seconds=1e-4, names=names)
    kinds = [row.what.split(", " + names[0])[0] for row in found if names[0] in row.what]
    wanted = (*steps.NORMALIZATIONS, *steps.losses())
    assert kinds == [f"step with {kind}" for kind in wanted]
    assert len(found) == len(wanted) + len(steps.losses())
    assert all(row.against == "vanilla step" and row.value > 0 for row in found)


@pytest.mark.parametrize("kind", [None, *steps.NORMALIZATIONS])
@pytest.mark.parametrize("build", [steps.mlp, steps.cnn])
def test_networks_have_what_they_are_called_by(build, kind):
    model = build(kind)
    types = [type(module).__name__ for module in model.modules()]
    marks = {
        "BatchNorm": "BatchNorm1d" if build is steps.mlp else "BatchNorm2d",
        "weight norm": "_WeightNorm",
        "SELU": "SELU",
        "EquiNorm": "EquiNormLinear" if build is steps.mlp else "EquiNormConv2d",
    }
    hidden = 8 if build is steps.mlp else 3
    for other, mark in marks.items():
        wanted = hidden - (kind == "EquiNorm") if other == kind else 0
        assert types.count(mark) == wanted


def test_command_and_table_know_the_same_groups():
    assert tuple(table.GROUPS) == bench.NAMES
    for module, _, peer in table.GROUPS.values():
        if peer is None or importlib.util.find_spec(peer):
            assert callable(importlib.import_module(module).rows)


def test_gpu_rows_are_absolute_and_absent_without_one():
    found = gpu.rows(rounds=3, device="cpu", shapes=[(16, 8)])
    assert len(found) == 6
    assert all(row.unit == " ms" and row.value > 0 for row in found)
    if not gpu.torch.cuda.is_available():
        assert gpu.rows() == []


def test_all_loops_train_the_same_network_on_every_image_once(monkeypatch):
    monkeypatch.delenv("NORMTHEORY_DATA", raising=False)
    data.load.cache_clear()
    training.images.cache_clear()
    x, y, name = training.images()
    assert name == "noise" and x.shape == (12800, 1, 28, 28)
    monkeypatch.setattr(training, "images", lambda: (x[:256], y[:256], name))
    monkeypatch.setitem(training.A1, "steps", 2)
    rows, networks = [], []

    def noted(kind):
        class Noted(kind):
            def __getitem__(self, index):
                rows[-1].append(index)
                return super().__getitem__(index)

        monkeypatch.setattr(training, kind.__name__, Noted)

    def network(*arguments, **settings):
        networks.append(build(*arguments, **settings))
        return networks[-1]

    build = training.network
    noted(training.TensorDataset)
    noted(training.Pictures)
    monkeypatch.setattr(training, "network", network)
    monkeypatch.setattr("normtheory.experiments.stdloss.networks.network", network)
    for loop in (training.plain, training.plain_of_pictures, training.ours):
        rows.append([])
        loop(seed=3)
    for seen in rows[:2]:
        assert sorted(seen) == list(range(256)) and seen != sorted(seen)
    torch.manual_seed(3)
    start = list(build("cnn", False).parameters())
    steps = [
        torch.cat([(p - q).flatten() for p, q in zip(model.parameters(), start, strict=True)])
        for model in networks
    ]
    # two steps at this rate, from the same weights: the order of the rows hardly matters
    assert len(steps) == 3 and steps[0].abs().max() > 0
    for one in steps[1:]:
        assert torch.nn.functional.cosine_similarity(one, steps[0], dim=0) > 0.9


def test_a_picture_is_the_image_it_was_made_from():
    x, y, _ = training.images()
    pictures = training.Pictures()
    assert len(pictures) == len(x)
    image, label = pictures[7]
    # a byte holds 256 levels
    assert image.shape == x[7].shape and (image - x[7]).abs().max() <= 0.5 / 255 + 1e-6
    assert label == y[7]


def test_the_networks_multiplications_are_counted():
    # 1 to 32 channels at 14 x 14, 32 to 16 at 7 x 7, 16 to 8 at 4 x 4; 3 x 3 kernels
    forward = 196 * 288, 49 * 4608, 16 * 1152
    assert training.multiplications() == 128 * (2 * forward[0] + 3 * forward[1] + 3 * forward[2])


@pytest.mark.parametrize("present", [True, False])
def test_table_says_that_there_is_no_gpu(present, monkeypatch, capsys):
    monkeypatch.setattr(gpu.torch.cuda, "is_available", lambda: present)
    monkeypatch.setattr(gpu, "rows", lambda: [])
    table.main(["gpu"])
    assert ("no GPU: its rows" in capsys.readouterr().out) is not present


def test_the_proofs_that_are_measured_run(monkeypatch):
    chosen = ledger.select(["vcl.variance-constraint"])
    assert any(each.kind == "proof" for each in chosen[0].sentences)
    monkeypatch.setattr(ledger, "claims", lambda: chosen)
    exec(startup.PROOFS, {})


def test_startup_commands_run():
    assert startup.cpu_seconds(startup.COMMANDS["python"]) > 0


@pytest.mark.slow
def test_command_writes_its_table(tmp_path, capfd):
    file = tmp_path / "table.json"
    assert main(["bench", "simulation", "--rounds", "2", "--json", str(file)]) == 0
    written = json.loads(file.read_text())
    assert written["machine"]["torch"]
    printed = capfd.readouterr().out
    for row in written["rows"]:
        assert row["what"] in printed
        assert row["value"] > 0


def test_explorers_are_timed_in_the_kernel_and_the_latest_stand_first():
    (found,) = measured.in_the_kernel(["few_modes"], moves=4)
    assert 0 < found.median <= found.longest < 10_000
    rows = [measured.row(name, "phone", times, 9.0) for name, times in TIMES.items()]
    assert [(each.median, each.p95) for each in rows] == [(10, 19.9), (30, pytest.approx(59.7))]
    *_, first, second, last = measured.table(rows).splitlines()
    assert first.split()[0] == "late" and second.split()[0] == "quick"
    assert last.startswith("1 of 2 are later")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bench", "nothing"], "NAME must be one of simulation, "),
        (["bench", "--rounds", "1"], "rounds must be at least 2, got 1"),
        (["bench", "--json", "/no/such/folder/x.json"], "json must name a file in an existing"),
        (["bench", "--json", "/"], "json must name a file in an existing folder, got '/'"),
        (["bench", "--browser", "losses"], "--browser takes no names, no rounds"),
        (["bench", "--browser", "--explorers"], "--explorers stands alone"),
        (["bench", "--markdown", "/no/page.md"], "markdown must name a page that is there, got"),
        (["bench", "--explorers", "--rounds", "2"], "--explorers takes no names, no rounds"),
    ],
)
def test_wrong_usage(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["losses", "--rounds", "2"], ["benchmarks.table", "losses", "--rounds", "2"]),
        (["--json", "x.json"], ["benchmarks.table", "--json", str(Path("x.json").resolve())]),
        (["--browser"], ["benchmarks.browser"]),
        (["--explorers"], ["benchmarks.explorers"]),
    ],
)
def test_the_command_measures_on_one_thread_and_hands_its_exit_code_on(
    arguments, command, monkeypatch
):
    called = []

    def run(command, env):
        called.append((command, env))
        return SimpleNamespace(returncode=5)

    monkeypatch.setattr(bench.subprocess, "run", run)
    monkeypatch.setenv("PYTHONPATH", "mine")
    assert main(["bench", *arguments]) == 5
    ((given, environment),) = called
    assert given == [sys.executable, "-m", *command]
    assert environment["OMP_NUM_THREADS"] == environment["NUMBA_NUM_THREADS"] == "1"
    # 4 GiB: more than any array here, so that glibc keeps the pages of all
    assert environment["MALLOC_TRIM_THRESHOLD_"] == "4294967296"
    assert environment["PYTHONPATH"] == os.pathsep.join([str(ROOT), str(ROOT), "mine"])


def test_the_benchmarks_are_found_beside_or_in_the_package(tmp_path, monkeypatch):
    assert bench.home() == ROOT
    package = tmp_path / "site-packages" / "normtheory"
    monkeypatch.setattr(bench, "__file__", str(package / "cli" / "bench.py"))
    refuses(FileNotFoundError, "neither beside nor in the package", bench.home)
    (package / "share" / "benchmarks").mkdir(parents=True)
    (package / "share" / "benchmarks" / "table.py").write_text("")
    assert bench.home() == package / "share"
