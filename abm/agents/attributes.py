"""Attributes: a record of the population as an object with plain attributes, quick to read."""

from __future__ import annotations

from types import SimpleNamespace

from abm.core.records import Record


def fields_of(record: Record) -> SimpleNamespace:
    """Return the fields of one record as attributes.

    Examples
    --------
    >>> import numpy as np
    >>> fields_of(np.array([(1, 2.5)], dtype=[("a", "i8"), ("b", "f8")])[0]).b
    2.5
    """
    return SimpleNamespace(**dict(zip(record.dtype.names or (), record.item(), strict=True)))
