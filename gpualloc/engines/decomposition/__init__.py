"""The decomposition engine: columns are complete placements of a group of jobs."""
