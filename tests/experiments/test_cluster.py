"""On a real Dask scheduler with two workers: the same results, also when a worker dies."""

import os
import signal

import numpy as np
import pytest
from distributed import Client, LocalCluster

from normtheory.experiments import runner
from normtheory.experiments.store import Store


@pytest.fixture
def cluster():
    """A scheduler with two worker processes of one thread each; no dashboard."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as started:
        yield started


def here(tmp_path, seeds):
    (result,) = runner.run(["selu.depth"], "smoke", seeds, Store(tmp_path / "here"), device="cpu")
    return result


def test_two_workers_give_the_same_results_as_one_process(cluster, tmp_path):
    seeds = range(6)
    (result,) = runner.run(
        ["selu.depth"],
        "smoke",
        seeds,
        Store(tmp_path / "there"),
        device="cpu",
        scheduler=cluster.scheduler_address,
    )
    for name, array in here(tmp_path, seeds).arrays.items():
        np.testing.assert_array_equal(result.arrays[name], array, err_msg=name)


@pytest.mark.slow
def test_a_worker_killed_half_way_changes_nothing(cluster, tmp_path):
    seeds, killed = range(60), []
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        pids = client.run(os.getpid)
    assert len(set(pids.values())) == 2

    def kill_one(event, unit, weight):
        if event == "finished" and not killed:
            killed.append(next(iter(pids.values())))
            os.kill(killed[0], signal.SIGKILL)

    (result,) = runner.run(
        ["selu.depth"],
        "smoke",
        seeds,
        Store(tmp_path / "there"),
        device="cpu",
        scheduler=cluster.scheduler_address,
        progress=kill_one,
    )
    assert killed and result.seeds == tuple(seeds)
    for name, array in here(tmp_path, seeds).arrays.items():
        np.testing.assert_array_equal(result.arrays[name], array, err_msg=name)


def test_no_scheduler_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("normtheory.experiments.cluster._CONNECT_SECONDS", 0.5)
    with pytest.raises(ValueError, match=r"scheduler must be a running one's address, got 'tcp"):
        list(
            runner.run(
                ["selu.depth"], "smoke", (0,), Store(tmp_path), scheduler="tcp://127.0.0.1:1"
            )
        )
