"""Published instances of three problems that gpualloc contains, read from their usual files.

Each reader gives `AssignmentProblem` objects; `encoding` turns one into an instance of gpualloc
whose plans are the assignments, at the same cost up to a constant that is told.
"""
