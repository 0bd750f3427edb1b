"""Pictures: arrays in, matplotlib Axes out."""
