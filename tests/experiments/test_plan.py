"""Hours before anything starts, seeds until all is decided, and what goes to a GPU."""

import shutil
from contextlib import contextmanager

import pytest

from normtheory.experiments import plan, report, runner
from normtheory.experiments.catalogue import experiment, ids
from normtheory.experiments.experiment import SCALES
from normtheory.experiments.store import Store

HOUR = 3600


def decided(store, told=None, **options):
    (result,) = runner.until_decided(
        ["sample.normal"], "smoke", None, store, device="cpu", progress=told, **options
    )
    return result


@pytest.fixture
def finished():
    """Seeds that were run, in order."""
    seeds = []

    def tell(event, subject, weight):
        if event == "finished":
            seeds.append(subject.seed)

    return seeds, tell


def test_five_seeds_that_agree_are_enough(sample, tmp_path, finished):
    seeds, tell = finished
    assert decided(Store(tmp_path), tell).judgements[0].verdict == "reproduced"
    assert seeds == [0, 1, 2, 3, 4]


@pytest.fixture
def faint(sample):
    """A mean that every fifth seed sees on the other side."""
    sample.EXPERIMENTS = (sample.made(mean=0.06, effect=0.001),)


def test_seeds_are_added_until_the_answer_is_there(faint, tmp_path, finished):
    seeds, tell = finished
    result = decided(Store(tmp_path), tell)
    assert result.judgements[0].verdict == "reproduced"
    # none that the rule did not ask for: with one less the finding was open
    assert seeds == list(range(len(seeds))) and len(seeds) > 5
    before = runner.run(
        ["sample.normal"], "smoke", range(len(seeds) - 1), Store(tmp_path), device="cpu"
    )
    assert next(before).judgements[0].verdict == "open"


def test_an_interrupted_search_goes_on_where_it_was(faint, tmp_path, finished):
    seeds, tell = finished
    store = Store(tmp_path)
    list(runner.run(["sample.normal"], "smoke", range(6), store, device="cpu"))
    whole = decided(store, tell)
    assert seeds == list(range(6, len(whole.seeds)))
    # and a result that has travelled without its units is not run again
    report.write(whole, tmp_path)
    shutil.rmtree(tmp_path / "units")
    seeds.clear()
    assert decided(Store(tmp_path), tell).provenances == whole.provenances and seeds == []


def test_it_never_goes_beyond_the_largest_number(sample, tmp_path, finished):
    seeds, tell = finished
    sample.EXPERIMENTS = (sample.made(mean=0.06, effect=0.001, seconds=3000),)
    assert experiment("sample.normal").scale("smoke").largest == 12
    result = decided(Store(tmp_path), tell)
    # twelve were likely to decide until the sixth dissented; after it more than that are
    assert len(seeds) == 6 and result.judgements[0].verdict == "open"


def test_it_ends_where_no_number_is_likely_to_decide(sample, tmp_path, finished):
    seeds, tell = finished
    sample.EXPERIMENTS = (sample.made(mean=0.0, effect=0.001),)
    result = decided(Store(tmp_path), tell)
    assert len(seeds) == 5 and result.judgements[0].verdict == "open"


def test_jobs_add_as_many_seeds_at_a_time(faint, tmp_path, finished, monkeypatch):
    rounds = []

    @contextmanager
    def executed(units, jobs, scheduler):
        rounds.append((len(units), jobs))
        yield ((unit, unit.run()) for unit in units)

    monkeypatch.setattr(runner, "_executed", executed)
    result = decided(Store(tmp_path), finished[1], jobs=3)
    assert rounds[0] == (5, 3) and set(rounds[1:]) == {(3, 3)}
    assert len(result.seeds) == 5 + 3 * (len(rounds) - 1)


def test_the_plan_adds_up_and_runs_nothing(figures, tmp_path):
    code, out, _ = figures("sample.normal", "--plan", "--scale", "smoke", "--jobs", "2")
    # five seeds of a second
    assert code == 0 and "5 seeds     0.00 core-hours" in out
    assert out.endswith("0.00 core-hours, 0.00 hours with 2 jobs\n")
    assert not list(tmp_path.iterdir())
    _, out, _ = figures("sample.normal", "--plan", "--scale", "smoke", "--until-decided")
    assert "64 seeds     0.02 core-hours" in out
    run = plan.planned("vcl.fig3", "core")
    assert run.hours == pytest.approx(
        run.seeds * experiment("vcl.fig3").scale("core").seconds / HOUR
    )


def test_core_is_an_hour_of_two_cores_at_most_and_the_largest_number_ten_core_hours():
    for id in ids():
        run = plan.planned(id, "core")
        assert run.hours <= 2.0 and not run.gpu, id
        for scale in SCALES:
            size = experiment(id).scale(scale)
            if size.largest > size.seeds:
                assert size.largest * size.seconds <= 10 * HOUR, (id, scale)


def test_the_gpu_gets_what_fits_shortest_first():
    chosen = [id for id in ids() if experiment(id).scale("paper").gpu]
    taken, left = plan.for_the_gpu(chosen)
    hours = [run.hours for run in taken]
    assert taken and sum(hours) <= plan.GPU_HOURS and hours == sorted(hours)
    assert {run.id for run in taken + left} == set(chosen)
    assert all(run.hours >= hours[-1] and run.hours + sum(hours) > plan.GPU_HOURS for run in left)
    assert all(run.gpu and "--device cuda" in run.command() for run in taken + left)


def test_the_gpu_plan_is_of_what_is_undecided(figures):
    open_ = plan.undecided()
    assert "equinorm.fig3" in open_ and "selu.moment-map" not in open_
    code, out, _ = figures("--gpu-plan", "--plan")
    assert code == 0 and "GPU-hours" in out.splitlines()[-1]
    for run in plan.for_the_gpu(open_)[1]:
        assert f"beyond {plan.GPU_HOURS} GPU-hours: {run.hours:.1f} for {run.command()}" in out
    assert figures("--gpu-plan", "vcl.fig1")[0] == 2


def test_the_whole_list_of_the_gpu_runs_in_one_go(figures, sample, monkeypatch):
    """Stand-ins take the places of the experiments, which test_every runs at this scale."""
    monkeypatch.setattr(plan, "undecided", lambda: ["sample.normal"])
    sample.EXPERIMENTS = (sample.made(gpu=True),)
    code, out, _ = figures("--gpu-plan", "--scale", "smoke", "--device", "cpu")
    assert code == 0 and "5 seeds" in out and "reproduced: the mean is positive" in out


def test_what_is_open_names_the_runs_that_would_settle_it():
    found = {"verdict": "open", "needed": 12}
    content = {"experiment": "vcl.fig3", "scale": "toy", "findings": [found]}
    seeds = plan.planned("vcl.fig3", "toy", 12)
    assert plan.next_runs(content) == {seeds: 1}
    assert plan.told(plan.next_runs(content)) == f"`{seeds.command()}`, 0.5 core-hours"
    hopeless = {**content, "findings": [found, {**found, "needed": None}]}
    assert plan.next_runs(hopeless) == {seeds: 1, plan.planned("vcl.fig3", "core"): 1}
    (_, larger) = plan.next_runs({**hopeless, "scale": "core"})
    assert larger.scale == "paper"
    assert plan.next_runs({**content, "findings": [{"verdict": "reproduced"}]}) == {}
