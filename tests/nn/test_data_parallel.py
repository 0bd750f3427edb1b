"""Two gloo processes: gradients are the mean of the shards' own, as the papers use them, with
DistributedDataParallel and with fully sharded parameters; VCL's beta is the same on both."""

import faulthandler
import os
import pathlib
import subprocess
import sys

import pytest
import torch
from patience import slowness
from torch import nn as torch_nn

from normtheory import nn
from tests.nn import cases

BATCH = 24
PATIENCE = 120 * slowness()  # seconds


def network():
    return cases.network(torch_nn.Tanh, 6, 8, 3)


def losses():
    return {kind: cases.attached()[kind] for kind in ("vcl", "per", "standardization")}


def whole_batch_losses(**group):
    """Losses that take all workers' samples as one batch, where a group is given."""
    draw = {"generator": torch.Generator().manual_seed(2), **group}
    return {
        "energy": nn.SphereDivergenceLoss(**group),
        "pairs": nn.SphereDivergenceLoss(1.0, pairs=3, unbiased=True, **draw),
        "sliced": nn.SlicedWassersteinLoss(4, **draw),
        "epps-pulley": nn.SlicedNormalityLoss("epps-pulley", 4, **draw),
        "whole standardization": nn.StandardizationLoss(**group),
        "whole vcl": lambda units: nn.VarianceConstancyLoss(units, n=7, **group),
    }


def batch():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(BATCH, 6, generator=generator)


def shard_gradients(loss, shards):
    """One process: each shard's gradients."""
    found = []
    for shard in shards:
        model = network()
        handle = nn.regularize(model, loss)
        (model(shard).square().mean() + handle.penalty()).backward()
        found.append([p.grad for p in [*model.parameters(), *handle.parameters()]])
    return found


def worker(rank, folder, port):
    """What one of the two processes does; run as a script."""
    import torch.distributed as distributed
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor import DTensor
    from torch.nn.parallel import DistributedDataParallel

    # a process that hangs says where
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    store = distributed.TCPStore("127.0.0.1", port, is_master=False)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=2)
    shard = batch().chunk(2)[rank]
    mesh = init_device_mesh("cpu", (2,))
    for kind, loss in losses().items():
        for how in ("ddp", "handle", "fsdp", "fsdp first"):
            model = network()
            if how == "fsdp first":
                fully_shard(model, mesh=mesh)
            penalty = handle = nn.regularize(model, loss)
            parallel = model
            if how in ("ddp", "handle"):
                parallel = DistributedDataParallel(model)
                if how == "handle" and list(handle.parameters()):
                    penalty = DistributedDataParallel(handle)
            elif how == "fsdp":
                for layer in (model[0], model[2], model):
                    fully_shard(layer, mesh=mesh)
            (parallel(shard).square().mean() + penalty()).backward()
            gradients = [p.grad for p in [*model.parameters(), *handle.parameters()]]
            gradients = [g.full_tensor() if isinstance(g, DTensor) else g for g in gradients]
            torch.save(gradients, folder / f"{kind}-{how}-{rank}.pt")
    for kind, loss in whole_batch_losses(process_group=distributed.group.WORLD).items():
        model = network()
        handle = nn.regularize(model, loss)
        parallel = DistributedDataParallel(model)
        (parallel(shard).square().mean() + handle.penalty()).backward()
        gradients = [p.grad for p in [*model.parameters(), *handle.parameters()]]
        torch.save(gradients, folder / f"{kind}-{rank}.pt")
    model = network()
    handle = nn.regularize(model, losses()["vcl"])
    parallel = DistributedDataParallel(model)
    optimizer = torch.optim.SGD([*model.parameters(), *handle.parameters()], lr=0.1)
    for _ in range(10):
        optimizer.zero_grad()
        (parallel(shard).square().mean() + handle.penalty()).backward()
        optimizer.step()
    torch.save(list(handle.parameters()), folder / f"beta-{rank}.pt")
    distributed.barrier()
    # without taking the process group down and ending the interpreter: there one of the two has
    # been seen to hang after the other had left with exit code 0
    os._exit(0)


@pytest.mark.slow
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
        shards = shard_gradients(losses()[kind], batch().chunk(2))
        expected = [(a + b) / 2 for a, b in zip(*shards, strict=True)]
        for how in ("ddp", "handle", "fsdp", "fsdp first"):
            for rank in range(2):
                found = torch.load(tmp_path / f"{kind}-{how}-{rank}.pt")
                torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)
    for kind, loss in whole_batch_losses().items():
        (expected,) = shard_gradients(loss, [batch()])
        for rank in range(2):
            found = torch.load(tmp_path / f"{kind}-{rank}.pt")
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)
    one, other = (torch.load(tmp_path / f"beta-{rank}.pt") for rank in range(2))
    torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert all((beta - 1).abs().max() > 1e-3 for beta in one)


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("kind", whole_batch_losses())
def test_a_worker_sees_all_samples_and_differentiates_by_its_own(kind, rank, monkeypatch):
    distributed, shards = torch.distributed, batch().chunk(2)

    def gathered(batches, own, group):
        for each, shard in zip(batches, shards, strict=True):
            each.copy_(shard)

    monkeypatch.setattr(distributed, "get_world_size", distributed.ProcessGroup.size)
    monkeypatch.setattr(distributed, "get_rank", distributed.ProcessGroup.rank)
    monkeypatch.setattr(distributed, "all_gather", gathered)
    found = []
    for x, group in (
        (batch(), {}),
        (shards[rank], {"process_group": distributed.ProcessGroup(rank, 2)}),
    ):
        loss = whole_batch_losses(**group)[kind]
        x = x.clone().requires_grad_()
        value = (loss(6) if kind == "whole vcl" else loss)(x)
        found.append((value, *torch.autograd.grad(value, x)))
    (whole, slope), (value, own) = found
    torch.testing.assert_close(value, whole)
    # the mean over two workers is taken afterwards
    torch.testing.assert_close(own, 2 * slope.chunk(2)[rank])


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
