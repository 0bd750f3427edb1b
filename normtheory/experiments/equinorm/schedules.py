"""The paper's two schedules: learning rate and momentum by the share of the training done."""

import numpy as np

# 6.1: 10-fold decreases at epochs 150 and 225 of 300
_STEPS = (0.5, 0.75)
# 6.2: a 5-fold ramp up to epoch 13 of 30, down to epoch 26, then 100 times less
_RAMP = (0.0, 13 / 30, 26 / 30, 1.0)


def steps(share):
    """(learning rate, momentum) of the long schedule.

    Examples
    --------
    >>> [round(steps(epoch / 300)[0], 4) for epoch in (0, 149, 150, 225)]
    [0.1, 0.1, 0.01, 0.001]
    """
    return 0.1 * 0.1 ** sum(share >= place for place in _STEPS), 0.9


def ramp(share):
    """(learning rate, momentum) of the short schedule, linear between the epochs that the paper
    names; the last part is linear in the logarithm of the rate.

    Examples
    --------
    >>> [[round(float(value), 3) for value in ramp(epoch / 30)] for epoch in (0, 13, 26, 28, 30)]
    [[0.1, 0.95], [0.5, 0.85], [0.1, 0.95], [0.01, 0.85], [0.001, 0.85]]
    """
    if share > _RAMP[2]:
        annealed = (share - _RAMP[2]) / (_RAMP[3] - _RAMP[2])
        return 0.1 * 0.01**annealed, 0.85
    return np.interp(share, _RAMP[:3], (0.1, 0.5, 0.1)), np.interp(
        share, _RAMP[:3], (0.95, 0.85, 0.95)
    )


SCHEDULES = {"steps": steps, "ramp": ramp}
