"""On a real Dask scheduler with two workers: the same results, also when a worker dies."""

import os
import signal

import numpy as np
import pytest
from distributed import Client, LocalCluster
from refused import refuses

from normtheory.experiments import runner
from normtheory.experiments.store import Store


@pytest.fixture
def cluster():
    """A scheduler with two worker processes of one thread each; no dashboard."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as started:
        yield started


def run(folder, seeds, **options):
    (result,) = runner.run(["selu.depth"], "smoke", seeds, Store(folder), device="cpu", **options)
    return result


def compare(result, folder, seeds):
    for name, array in run(folder, seeds).arrays.items():
        np.testing.assert_array_equal(result.arrays[name], array, err_msg=name)


def test_two_workers_give_the_same_results_as_one_process(cluster, tmp_path):
    seeds = range(6)
    result = run(tmp_path / "there", seeds, scheduler=cluster.scheduler_address)
    compare(result, tmp_path / "here", seeds)


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

    options = {"scheduler": cluster.scheduler_address, "progress": kill_one}
    result = run(tmp_path / "there", seeds, **options)
    assert killed and result.seeds == tuple(seeds)
    compare(result, tmp_path / "here", seeds)


def test_no_scheduler_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("normtheory.experiments.cluster._CONNECT_SECONDS", 0.5)
    message = "scheduler must be a running one's address, got 'tcp"
    refuses(ValueError, message, run, tmp_path, (0,), scheduler="tcp://127.0.0.1:1")
