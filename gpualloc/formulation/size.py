"""How large a program would be, before it is written."""

from __future__ import annotations

import numpy as np

from gpualloc.instance.arrays import Arrays


def estimate_columns(arrays: Arrays) -> int:
    """Columns of the blocks of a program, nearly: offers, data centers, and pairs of them.

    Offers that are too small for a shard count too, and what contracts and flows add does not.
    """
    columns = 0
    for job in arrays.jobs:
        for option in job.options:
            fits = (arrays.offer_gpu_type == option.gpu_type) & job.site_allowed[arrays.offer_site]
            sites = len(np.unique(arrays.offer_site[fits]))
            spokes = 0
            if job.sync is not None and job.record.max_data_centers != 1:
                spokes = sites * sites
            columns += len(job.phases) * (int(fits.sum()) + sites + spokes)
    return columns
