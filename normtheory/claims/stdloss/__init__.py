"""Accelerating training with a standardization loss: every statement that can be decided without
training."""

# in the order in which they are listed
CLAIMS = """
    folding one-weight independent-positions invariances kl gaussian-target max-entropy
    regularizer-test batch-size linear-scaling speed-ups twofold resnet-schedule inception-steps
    epochs scale-redundant groupnorm-convnets inference-free other-targets decorrelated
"""
