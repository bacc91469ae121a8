"""Source -> names -> slice: pure functions over text and names."""
