"""What Cellmill costs, beside what its peers cost: measured together, in one run. `python -m benchmarks`."""
