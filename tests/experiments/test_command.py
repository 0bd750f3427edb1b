"""The command: files written, exit codes, one line for every error."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from normtheory.experiments import report


def test_writes_pictures_data_findings_and_index(figures, tmp_path):
    code, out, _ = figures("sample.normal", "--scale", "smoke")
    assert code == 0
    assert "reproduced: the mean is positive - mean" in out and "made up" in out
    assert (tmp_path / "sample.normal.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "sample.normal.svg").read_text()
    with np.load(tmp_path / "sample.normal.npz") as arrays:
        assert arrays["values"].shape == (5, 200)
    content = json.loads((tmp_path / "sample.normal.json").read_text())
    assert content["deviations"] == [{"what": "numbers", "document": "measured", "ours": "made up"}]
    assert content["seeds"] == [0, 1, 2, 3, 4]
    assert content["findings"][0]["verdict"] == "reproduced"
    assert content["document"] == {"mean": 2.0}
    page = (tmp_path / "index.html").read_text()
    assert "sample.normal.svg" in page and "the mean is positive" in page


def test_a_copied_result_is_not_run_again(figures, tmp_path, sample, monkeypatch):
    first = figures("sample.normal", "--scale", "smoke")
    before = (tmp_path / "sample.normal.json").read_bytes()
    shutil.rmtree(tmp_path / "units")

    def refuse(configuration, seed, device):
        raise AssertionError("run again")

    entry = replace(sample.made(), run=refuse)
    monkeypatch.setattr(sample, "EXPERIMENTS", (entry,))
    assert figures("sample.normal", "--scale", "smoke") == first
    assert (tmp_path / "sample.normal.json").read_bytes() == before
    with pytest.raises(AssertionError, match="run again"):
        figures("sample.normal", "--scale", "smoke", "--seeds", "6")


def test_seed_and_seeds(figures, tmp_path):
    figures("sample.normal", "--scale", "smoke", "--seed", "7")
    assert json.loads((tmp_path / "sample.normal.json").read_text())["seeds"] == [7]
    figures("sample.normal", "--scale", "smoke", "--seeds", "2")
    assert json.loads((tmp_path / "sample.normal.json").read_text())["seeds"] == [0, 1]
    with pytest.raises(SystemExit) as refusal:
        figures("sample.normal", "--seed", "1", "--seeds", "2")
    assert refusal.value.code == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["sample.nrmal"], "id must name an experiment, got 'sample.nrmal': did you mean sample"),
        (["vcl.figg2"], "did you mean vcl.fig2"),
        (["sample.normal", "--device", "tpu"], "device must be one of cpu, cuda, auto, got 'tpu'"),
        (["sample.normal", "--scale", "big"], "scale must be one of smoke, toy, core, paper, got"),
        (["sample.normal", "--plan", "--device", "tpu"], "cpu, cuda, auto, got 'tpu'"),
        (["sample.normal", "--gpu-plan"], "gpu-plan chooses the experiments: name no ids, got"),
        (["sample.normal", "--seeds", "0"], "seeds must be at least 1, got 0"),
        (["sample.normal", "--seed", "-1"], "seed must be at least 0, got -1"),
        (["sample.normal", "--jobs", "0"], "jobs must be at least 1, got 0"),
        (["sample.normal", "--scheduler", "nonsense"], "scheduler must be an address such as tcp"),
        (["sample.normal", "--scheduler", "tcp://x"], "address such as tcp://host:8786, got 'tcp"),
        (["sample.normal", "--scheduler", "tcp://x:99999"], "such as tcp://host:8786, got 'tcp:"),
        (["sample.normal", "--scheduler", "tcp://127.0.0.1:1"], "scheduler must be a running one"),
        (["nosuch", "--list"], "id must name an experiment, got 'nosuch'"),
        (["nosuch", "--summary", "page.md"], "id must name an experiment, got 'nosuch'"),
        (["sample.normal", "--summary", "page.md"], "summary is of all experiments: name no ids"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2_and_leaves_nothing(figures, tmp_path, options, message):
    code, out, err = figures(*options)
    assert not list(tmp_path.iterdir())
    assert code == 2 and out == ""
    assert err.startswith("normtheory figures: ") and message in err and err.count("\n") == 1


def test_unusable_directory_is_one_line_and_exit_2(figures, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = figures("sample.normal", "--scale", "smoke", "--out", str(tmp_path / "file"))
    assert code == 2 and "cannot write results to" in err and err.count("\n") == 1


def test_a_lost_finding_is_exit_1(figures, sample, tmp_path, monkeypatch):
    stored = tmp_path / "stored"
    assert figures("sample.normal", "--scale", "smoke", "--out", str(stored))[0] == 0
    monkeypatch.setattr(report, "_STORED", stored)
    assert figures("sample.normal", "--scale", "smoke")[0] == 0
    sample.EXPERIMENTS = (sample.made(mean=-2.0),)
    code, out, _ = figures("sample.normal", "--scale", "smoke")
    assert code == 1 and "positive was reproduced in the stored results and no longer is" in out
    # another scale's results are no yardstick
    assert figures("sample.normal", "--scale", "toy")[0] == 0


def test_interruption_is_exit_130(figures, sample):
    def interrupted(configuration, seed, device):
        raise KeyboardInterrupt

    entry = sample.made()
    object.__setattr__(entry, "run", interrupted)
    sample.EXPERIMENTS = (entry,)
    code, _, err = figures("sample.normal", "--scale", "smoke")
    assert code == 130 and "the same command resumes" in err


def test_list_names_every_experiment(figures):
    code, out, _ = figures("--list")
    assert code == 0 and "vcl.fig1" in out and "Littwin & Wolf 2018, Figure 2" in out
    code, out, _ = figures("vcl.fig[12]", "--list")
    assert code == 0 and [line.split()[0] for line in out.splitlines()] == ["vcl.fig1", "vcl.fig2"]
