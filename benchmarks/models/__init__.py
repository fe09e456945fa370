"""Small trained nets for the benchmarks: what they learned from, and their weights."""
