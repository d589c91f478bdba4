"""The options that several benchmarks have, checked before anything is solved."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable
from pathlib import Path

from gpualloc.solving import ENGINES


def add_common(parser: argparse.ArgumentParser, time_limit: float, engine: bool = True) -> None:
    """Add ``--output``, ``--time-limit``, ``--seed`` and, if wanted, ``--engine``."""
    parser.add_argument("--output", type=folder, required=True, help="folder for the results")
    parser.add_argument("--time-limit", type=seconds, default=time_limit, help="for each solve, s")
    parser.add_argument("--seed", type=int, default=0)
    if engine:
        parser.add_argument("--engine", choices=ENGINES, default="auto")


def folder(text: str) -> Path:
    """A folder, there or not yet."""
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is a file; a folder is needed")
    return path


def seconds(text: str) -> float:
    """A time above 0."""
    found = float(text)
    if not 0 < found < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number of seconds")
    return found


def some_of(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Names separated by commas, each a known one."""
    names = list(known)

    def several(text: str) -> list[str]:
        given = text.split(",")
        if unknown := [name for name in given if name not in names]:
            told = f"{', '.join(unknown)} given; there are {', '.join(names)}"
            raise argparse.ArgumentTypeError(told)
        return given

    return several
