"""The command line: `gpualloc solve fleet.json -o plan.json`."""

from __future__ import annotations


def main() -> None:
    """Run the command line; the entry point of the `gpualloc` command."""
    from gpualloc.cli.app import run

    run()
