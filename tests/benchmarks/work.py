"""Work for processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
from isolated import Tell


def add(tell: Tell, a: int, b: int) -> int:
    """Tell both, and return the sum; what is printed goes nowhere."""
    print("noise")
    tell(a)
    tell(b)
    return a + b


def fail(tell: Tell) -> None:
    """Raise an error of two lines."""
    raise ValueError("no\ngood")


def vanish(tell: Tell) -> None:
    """End without a word."""
    os._exit(3)


def hang(tell: Tell) -> None:
    """Start a process, tell its number, and never end."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    tell(child.pid)
    time.sleep(600)


def fill(tell: Tell, megabytes: int) -> None:
    """Hold some memory until it must have been seen."""
    held = np.ones(megabytes * 1_000_000, dtype=np.uint8)
    time.sleep(0.5)
    tell(int(held[0]))
