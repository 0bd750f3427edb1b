"""normtheory: check, explore and use the theory of normalizing and regularizing activations.

The rooms are imported by name and only when they are used::

    from normtheory import theory       # the mathematics, on arrays and symbols
    from normtheory import claims       # what the documents say, with evidence and verdicts
    from normtheory import nn           # torch losses and layers
    from normtheory import experiments  # training runs
    from normtheory import explorers    # sliders
"""

__version__ = "0.1.0"
