"""Where notebooks run. Each engine enters through one module."""
