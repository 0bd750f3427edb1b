"""MobileNet-v1 (Howard et al. 2017) with the normalizations of Figure 7, and its training by A.6:
statistics of each of eight cores alone, and a learning rate proportional to the batch."""

import torch
from torch import nn
from torch.nn import functional as F

from normtheory.experiments.training import accuracy, batches, step
from normtheory.nn import StandardizationLoss, regularize

# channels and stride of the blocks after the first convolution
BLOCKS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1),) * 5,
    *((1024, 2), (1024, 1)),
)
GROUP = 32


def network(method, configuration, classes=10):
    """MobileNet-v1 with ReLU6 for images of 32 x 32 pixels: its first convolution has no stride.

    Behind each convolution stands batch normalization of each core's rows ("BN"), group
    normalization ("GN"), or nothing ("standardization", "none"). The configuration has "cores", and
    "width", a factor of the published channels.
    """
    cores = configuration["cores"]
    channels = [int(each * configuration["width"]) for each in (32, *(c for c, _ in BLOCKS))]
    layers = _convolution(method, cores, 3, channels[0], 3, 1)
    for before, after, (_, stride) in zip(channels, channels[1:], BLOCKS, strict=False):
        layers += _convolution(method, cores, before, before, 3, stride, groups=before)
        layers += _convolution(method, cores, before, after, 1, 1)
    model = nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels[-1], classes)
    )
    return model.to(memory_format=torch.channels_last)


def _convolution(method, cores, before, after, side, stride, groups=1):
    layer = nn.Conv2d(
        before,
        after,
        side,
        stride,
        side // 2,
        groups=groups,
        bias=method in ("none", "standardization"),
    )
    nn.init.kaiming_normal_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    norm = {
        "BN": lambda: CoreBatchNorm2d(after, cores),
        "GN": lambda: nn.GroupNorm(max(1, after // GROUP), after),
        "standardization": nn.Identity,
        "none": nn.Identity,
    }[method]
    return [layer, norm(), nn.ReLU6()]


def by_core(maps, cores):
    """Feature maps (cores * size, c, h, w) as (size, cores * c, h, w): a channel of the result is
    that of one core."""
    rows, channels, *sides = maps.shape
    parts = maps.view(cores, rows // cores, channels, *sides)
    return parts.transpose(0, 1).reshape(rows // cores, cores * channels, *sides)


class CoreBatchNorm2d(nn.BatchNorm2d):
    """Batch normalization in which each of `cores` equal parts of the batch has statistics of its
    own; the running averages are those of the parts' mean."""

    def __init__(self, channels, cores):
        super().__init__(channels)
        self.cores = cores

    def forward(self, input):
        if not self.training:
            return super().forward(input)
        mean, variance = (
            running.repeat(self.cores) for running in (self.running_mean, self.running_var)
        )
        output = F.batch_norm(
            by_core(input, self.cores),
            mean,
            variance,
            self.weight.repeat(self.cores),
            self.bias.repeat(self.cores),
            training=True,
            momentum=self.momentum,
            eps=self.eps,
        )
        with torch.no_grad():
            self.running_mean.copy_(mean.view(self.cores, -1).mean(0))
            self.running_var.copy_(variance.view(self.cores, -1).mean(0))
        size, channels = len(output), input.shape[1]
        parts = output.view(size, self.cores, channels, *input.shape[2:])
        return parts.transpose(0, 1).reshape(input.shape)


class CoreLoss(nn.Module):
    """The standardization loss of each core's rows, mean over cores."""

    def __init__(self, cores):
        super().__init__()
        self.cores = cores
        self.loss = StandardizationLoss(dim=1, reduction="sum")

    def forward(self, input):
        return self.loss(by_core(input, self.cores)) / self.cores


def final_accuracy(method, size, configuration, tensors, seed):
    """Accuracy on all test images after training with RMSProp on batches of `size` rows for each
    core.

    The configuration has "width", "cores", "rate" at 128 rows, "fall" of the rate every
    "fall_epochs", "momentum", "smoothing" and "eps" of RMSProp, "weight" of the loss, and "epochs".
    """
    x_train, y_train, x_test, y_test = tensors
    torch.manual_seed(seed)
    model = network(method, configuration).to(x_train.device)
    handle = None
    if method == "standardization":
        handle = regularize(model, CoreLoss(configuration["cores"]))
    optimizer = torch.optim.RMSprop(
        model.parameters(),
        lr=configuration["rate"],
        alpha=configuration["smoothing"],
        momentum=configuration["momentum"],
        eps=configuration["eps"],
    )
    generator = torch.Generator().manual_seed(seed)
    rows = size * configuration["cores"]
    for epoch in range(configuration["epochs"]):
        falls = epoch // configuration["fall_epochs"]
        rate = configuration["rate"] * size / 128 * configuration["fall"] ** falls
        optimizer.param_groups[0]["lr"] = rate
        for x, y in batches(x_train, y_train, rows, len(x_train) // rows, generator):
            step(model, optimizer, x, y, handle=handle, weight=configuration["weight"])
    return accuracy(model, x_test, y_test)
