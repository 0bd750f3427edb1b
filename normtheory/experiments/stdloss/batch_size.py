"""Figure 7: accuracy against batch size for batch normalization, group normalization and the
standardization loss, with the learning rate proportional to the batch size.

The paper trains MobileNet-v1 on ImageNet; here it is trained on CIFAR-10, and on two cores a small
CNN on 8 x 8 digits.
"""

import numpy as np
import torch

from normtheory.experiments.digits_network import network, train
from normtheory.experiments.experiment import Experiment, Scale
from normtheory.experiments.findings import Finding, exchanged
from normtheory.experiments.stdloss import mobile_net
from normtheory.experiments.training import evaluated, on_device
from normtheory.figures.stdloss import draw_batch_sizes

METHODS = ("BN", "GN", "standardization")
_TOY = {
    "sizes": [2, 4, 8, 32, 128],
    "rate": 0.1,  # at batch size 128
    "momentum": 0.9,
    "decay": 4e-5,
    "epochs": 4,
    "weight": 0.1,
}
_PAPER = {
    "network": "MobileNet-v1",
    "sizes": [2, 4, 8, 16, 32, 64, 128],  # of each core
    "cores": 8,
    "width": 1.0,
    "rate": 0.165,  # at 128 rows for each core
    "fall": 0.94,
    "fall_epochs": 3,
    "momentum": 0.9,
    "smoothing": 0.9,
    "eps": 1.0,
    "epochs": 90,
    "weight": 1e-4,
}


def run(configuration, seed, device):
    """Test accuracy after training: ``accuracy`` (methods, sizes), at batch ``size`` (sizes,)."""
    mobile = configuration.get("network") == "MobileNet-v1"
    final = mobile_net.final_accuracy if mobile else _final_accuracy
    tensors = on_device("cifar10" if mobile else "digits", configuration, device)
    sizes = configuration["sizes"]
    found = [
        [final(method, size, configuration, tensors, seed) for size in sizes] for method in METHODS
    ]
    return {"size": np.array(sizes), "accuracy": np.array(found)}


def _final_accuracy(method, size, configuration, tensors, seed):
    """Of the small CNN on digits."""
    torch.manual_seed(seed)
    model = network(method).to(tensors[0].device)
    rate = configuration["rate"] * size / 128
    train(
        model,
        tensors,
        configuration,
        torch.Generator().manual_seed(seed),
        batch=size,
        rate=lambda epoch: rate,
        weight=configuration["weight"] if method == "standardization" else 0.0,
    )
    return evaluated(model, *tensors[2:])[1]


def _drop(arrays, method):
    """Accuracy at the largest batch less that at batch size 2, in points."""
    row = arrays["accuracy"][METHODS.index(method)]
    return 100 * (row[-1] - row[0])


_EXCHANGED = exchanged(0, 2, "accuracy")  # batch normalization and the standardization loss
_SETTING = (
    "a three-layer CNN on 8 x 8 digits instead of MobileNet-v1 on ImageNet",
    "4 epochs; weight of the loss 0.1, ours: not stated",
)

EXPERIMENTS = (
    Experiment(
        id="stdloss.fig7",
        title="Accuracy against batch size",
        source="Standardization Loss paper, Figure 7 and 4.5",
        says=(
            "BN loses accuracy at small batches; the standardization loss is nearly constant from "
            "2 to 128 and beats BN at 2 and 4."
        ),
        scales={
            "smoke": Scale(
                configuration={**_TOY, "sizes": [2, 128], "epochs": 1},
                seeds=2,
                seconds=6,
                deviations=(*_SETTING, "batch sizes 2 and 128, 1 epoch"),
            ),
            "toy": Scale(configuration=_TOY, seeds=5, seconds=40, deviations=_SETTING),
            "paper": Scale(
                configuration=_PAPER,
                seeds=5,
                seconds=30000,
                deviations=(
                    "CIFAR-10 instead of ImageNet, so MobileNet-v1 without the stride of its first "
                    "convolution",
                    "the eight cores are eight parts of a batch on one device",
                    "90 epochs, five seeds, He's initialisation, no augmentation, and RMSProp with "
                    "decay 0.9, momentum 0.9 and epsilon 1 are ours: not stated",
                    "group normalization in groups of 32 channels, as A.6 can be read",
                ),
                data=("cifar10",),
            ),
        },
        run=run,
        draw=draw_batch_sizes,
        size=(6.6, 4.2),
        data=("digits",),
        findings=(
            Finding(
                name="bn-drops",
                sentence="small batch sizes lead to worse performance with BN",
                quantity="test accuracy at batch 128 less at 2, BN",
                unit="points",
                measure=lambda arrays: _drop(arrays, "BN"),
                region=(0.0, 100.0),
                mutant=lambda arrays: {**arrays, "accuracy": arrays["accuracy"][:, ::-1]},
            ),
            Finding(
                name="robust",
                sentence="the standardization loss drops less at small batches than BN",
                quantity="drop in test accuracy from batch 128 to 2, BN's less its own",
                unit="points",
                measure=lambda arrays: _drop(arrays, "BN") - _drop(arrays, "standardization"),
                region=(0.0, 200.0),
                mutant=_EXCHANGED,
            ),
            *(
                Finding(
                    name=f"batch-{size}",
                    sentence=f"at batch size {size} the standardization loss outperforms BN",
                    quantity="test accuracy, standardization loss less BN",
                    unit="points",
                    measure=lambda arrays, column=column: (
                        100 * (arrays["accuracy"][2, column] - arrays["accuracy"][0, column])
                    ),
                    region=(0.0, 100.0),
                    mutant=_EXCHANGED,
                )
                for column, size in ((0, 2), (1, 4))
            ),
        ),
    ),
)
