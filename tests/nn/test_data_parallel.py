"""Two gloo processes: gradients are the mean of the shards' own, as the papers use them."""

import faulthandler
import os
import pathlib
import subprocess
import sys

import torch
from patience import slowness
from torch import nn as torch_nn

from normtheory import nn

BATCH = 24
PATIENCE = 120 * slowness()  # seconds


def network():
    torch.manual_seed(0)
    return torch_nn.Sequential(torch_nn.Linear(6, 8), torch_nn.Tanh(), torch_nn.Linear(8, 3))


def losses():
    return {
        "vcl": lambda units: nn.VarianceConstancyLoss(units, n=3),
        "per": nn.ProjectedErrorLoss(),
        "standardization": nn.StandardizationLoss(),
    }


def batch():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(BATCH, 6, generator=generator)


def shard_gradients(kind, x):
    """One process: the mean over shards of each shard's gradients."""
    shards = []
    for shard in x.chunk(2):
        model = network()
        handle = nn.regularize(model, losses()[kind])
        (model(shard).square().mean() + handle.penalty()).backward()
        gradients = [p.grad for p in [*model.parameters(), *handle.parameters()]]
        shards.append(gradients)
    return [(a + b) / 2 for a, b in zip(*shards, strict=True)]


def worker(rank, folder, port):
    """What one of the two processes does; run as a script."""
    import torch.distributed as distributed
    from torch.nn.parallel import DistributedDataParallel

    # a process that hangs says where
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    store = distributed.TCPStore("127.0.0.1", port, is_master=False)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=2)
    shard = batch().chunk(2)[rank]
    for kind, loss in losses().items():
        model = network()
        handle = nn.regularize(model, loss)
        parallel = DistributedDataParallel(model)
        # a handle with parameters of its own is wrapped as well: they are averaged, too
        penalty = DistributedDataParallel(handle) if list(handle.parameters()) else handle
        (parallel(shard).square().mean() + penalty()).backward()
        gradients = [p.grad for p in [*model.parameters(), *handle.parameters()]]
        torch.save(gradients, folder / f"{kind}-{rank}.pt")
    distributed.barrier()
    # without taking the process group down and ending the interpreter: there one of the two has
    # been seen to hang after the other had left with exit code 0
    os._exit(0)


def test_gradients_are_the_mean_of_the_shards(tmp_path):
    # kept by this process, which outlives both: neither misses the other's last message
    store = torch.distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    # gloo looks for a network interface: the machine's own loop is always there
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, str(rank), str(tmp_path), str(store.port)], env=environment
        )
        for rank in range(2)
    ]
    assert [process.wait(timeout=PATIENCE + 10) for process in processes] == [0, 0]
    for kind in losses():
        expected = shard_gradients(kind, batch())
        for rank in range(2):
            found = torch.load(tmp_path / f"{kind}-{rank}.pt")
            for one, other in zip(found, expected, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)


def test_projected_error_of_the_shards_is_that_of_the_batch():
    """Samples do not interact in PER; in the other two losses they do."""
    x = batch()
    per = nn.ProjectedErrorLoss()
    torch.testing.assert_close(sum(per(s) for s in x.chunk(2)) / 2, per(x))
    standardization = nn.StandardizationLoss()
    shards = sum(standardization(s) for s in x.chunk(2)) / 2
    assert abs(float(shards - standardization(x))) > 1e-3


if __name__ == "__main__":
    worker(int(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]))
