"""Where runs and models are kept: MLflow, and the same in memory for tests."""
