"""Rivals: forecasts that a fitted model has to beat: judgement alone, base rates, a logistic regression."""

from __future__ import annotations

import importlib.util

import numpy as np

from abm.history.common_luck import Floats
from abm.history.fitting import CENTRE, values_of
from abm.history.forecasting import forecast
from abm.history.studied import Studied

_PSEUDO = 2.0  # cases of the base rate that are added to each rate by kind
_PENALTY = 0.1  # C of the regression: small is strict


def priors(known: Studied, asked: Studied) -> Floats:
    """The model with the priors as they are: judgement, and nothing that the cases say."""
    return forecast(asked.deals, values_of(CENTRE)).full


def base_rate(known: Studied, asked: Studied) -> Floats:
    """Share of the known cases that closed in full, for all."""
    return np.full(len(asked), known.full.mean())


def library_rate(known: Studied, asked: Studied) -> Floats:
    """The same by library; for a library that is not known, of all."""
    return _rates(known, asked, known.libraries, asked.libraries, 0.0)


def kind_rate(known: Studied, asked: Studied) -> Floats:
    """The same by kind of round (:attr:`abm.history.deal.Deal.kind`), drawn a little to that of all."""
    return _rates(known, asked, known.kinds, asked.kinds, _PSEUDO)


def _rates(known: Studied, asked: Studied, labels: object, wanted: object, pseudo: float) -> Floats:
    base, found = known.full.mean(), []
    for label in np.asarray(wanted):
        full = known.full[np.asarray(labels) == label]
        weight = len(full) + pseudo
        found.append((full.sum() + pseudo * base) / weight if weight else base)
    return np.array(found, float)


def has_logistic() -> bool:
    """Whether scikit-learn is there."""
    return importlib.util.find_spec("sklearn") is not None


def logistic(known: Studied, asked: Studied) -> Floats:
    """Ridge logistic regression on the structured keys of a case (scikit-learn)."""
    from sklearn.linear_model import LogisticRegression

    mean, sd = known.features.mean(axis=0), known.features.std(axis=0)
    sd = np.where(sd > 0, sd, 1.0)
    if known.full.all() or not known.full.any():
        return base_rate(known, asked)
    model = LogisticRegression(C=_PENALTY, solver="newton-cholesky").fit((known.features - mean) / sd, known.full)
    return np.asarray(model.predict_proba((asked.features - mean) / sd)[:, 1])
