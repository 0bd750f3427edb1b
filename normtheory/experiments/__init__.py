"""Training runs: configuration in, arrays out, one module per document."""
