"""Side-by-side measurements and the table that they print."""
