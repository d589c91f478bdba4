"""Random tiny instances that between them use every rule, small enough to enumerate.

`tiny_instance(seed)` mixes features at random; `focus` puts one of `FOCI` in for certain and
tightens it. Figures are short decimals, drawn near what the jobs need, so that rules bind.
"""

from __future__ import annotations

import random

from hypothesis import strategies

from .contracts import CONTRACT_TYPES, add_contracts
from .features import FEATURES, NETWORKED
from .frame import add_jobs, add_offers, frame
from .scale import Data

RULES = ("flows", "moves", "spokes", "options", "unserved", "power")
FOCI = (*RULES, *CONTRACT_TYPES)

__all__ = ["CONTRACT_TYPES", "FOCI", "tiny_instance", "tiny_instances"]


def tiny_instance(seed: int, focus: str | None = None) -> Data:
    """Return a random instance as the JSON object of its file.

    Parameters
    ----------
    seed
        The same seed and focus give the same instance.
    focus
        One of `FOCI`: a contract type, or a rule, that the instance is sure to have.
    """
    rng = random.Random(seed if focus is None else f"{focus} {seed}")
    split = rng.random() < (0.8 if focus in ("spokes", "flows") else 0.3)
    data = frame(rng, focus, split)
    add_jobs(rng, data, focus, split)
    add_offers(rng, data, split)
    for name, chance, add in FEATURES:
        if name == focus or rng.random() < (0.7 if split and name in NETWORKED else chance):
            add(rng, data)
    add_contracts(rng, data, focus)
    return data


@strategies.composite
def tiny_instances(draw: strategies.DrawFn, focus: str | None = None) -> Data:
    """Hypothesis strategy for tiny instances, of one focus or of any; shrinks to small seeds."""
    chosen = focus or draw(strategies.sampled_from((None, *FOCI)))
    return tiny_instance(draw(strategies.integers(0, 10**6)), chosen)
