"""`python -m gpualloc` is the command `gpualloc`."""

from __future__ import annotations

from gpualloc.cli import main

if __name__ == "__main__":
    main()
