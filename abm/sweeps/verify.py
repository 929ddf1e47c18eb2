"""Verify: repeat a sample of a study, and compare it bit for bit."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from abm.sweeps.study import Study
from abm.sweeps.work import Task


def verify(study: Study, blocks: int = 20, seed: int = 1) -> tuple[list[str], int]:
    """Simulate a random sample of the blocks of a study again.

    Parameters
    ----------
    study
        A finished study.
    blocks
        How many [-].
    seed
        Which ones.

    Returns
    -------
    wrong, compared
        A sentence for each block that came out otherwise, and how many were compared [-].
    """
    study.require_classes()
    table = study.blocks()
    # hashed, not drawn by a generator: the same blocks on every version of numpy
    drawn = (hashlib.sha256(f"{seed} {k}".encode()).digest() for k in range(blocks))
    chosen = sorted({int.from_bytes(digest, "big") % table.num_rows for digest in drawn})
    wrong = []
    for row in chosen:
        index, first = table.column("place")[row].as_py(), table.column("first_run")[row].as_py()
        (again,) = study.job(Task(index, study.design[index], first // study.job.block, 1))
        kept = {name: np.asarray(table.column(name)[row].values) for name in study.job.lists}
        same = table.column("runs")[row].as_py() == again.runs
        same = same and table.column("successes")[row].as_py() == again.successes
        same = same and (table.column("failures")[row].as_py() is None) == (not again.failures)
        for name, values in kept.items():
            fresh = again.values.get(name, np.zeros(0))
            same = same and np.array_equal(values, fresh.astype(values.dtype), equal_nan=values.dtype.kind == "f")
        if not same:
            changes = json.dumps(study.design[index], default=str)
            wrong.append(
                f"point {index} ({changes}), runs from {first}: expected what a fresh run gives, got other numbers"
            )
    return wrong, len(chosen)
