"""A package, so that the one browser and the one server end with its last test."""
