"""Back-test: forecasts of real rounds, scored on how they ended, beside what simpler forecasts would have said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from abm.core.arguments import checked
from abm.core.errors import Refusal
from abm.history.calibrated import check_ended
from abm.history.collection import Library
from abm.history.common_luck import Floats
from abm.history.fitting import Fitted, Question, chances_with_slopes, expit, fit
from abm.history.forecasting import DealTable, forecast
from abm.history.rivals import base_rate, has_logistic, kind_rate, library_rate, logistic, priors
from abm.history.scores import auc, brier_score, calibration_bins, crps, difference_interval, log_score
from abm.history.studied import Studied

if TYPE_CHECKING:
    import pandas as pd

Change: TypeAlias = Callable[[DealTable], DealTable]
MODEL = "model"
#: Variants of the model: what is done to the deals, and whether events share a luck.
VARIANTS: dict[str, tuple[Change, bool]] = {
    MODEL: (lambda deals: deals, True),
    "without_conditions": (DealTable.without_conditions, True),
    "without_firmness": (DealTable.without_firmness, True),
    "independent_luck": (lambda deals: deals, False),
}
RIVALS: dict[str, Callable[[Studied, Studied], Floats]] = {
    "priors": priors,
    "base_rate": base_rate,
    "library_rate": library_rate,
    "kind_rate": kind_rate,
}
_Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Backtest:
    """Forecasts of cases and their scores.

    Attributes
    ----------
    frame
        One row a case: group, library, kind, ``p_NAME`` of every forecaster, range of the model's, chances of a part
        and of failure, mean share of the target raised, ``crps_NAME``, and what came.
    where, fitted_to, known
        Which cases were forecast, which the forecasts know, and how many.
    left_out
        Whether the group of a case was left out of what its forecast knows.
    seed
        Of the resamples.
    """

    frame: pd.DataFrame = field(repr=False)
    where: str
    fitted_to: str
    left_out: bool
    known: int
    seed: int

    @property
    def forecasters(self) -> list[str]:
        """Names of all that were scored, the model first."""
        return [name.removeprefix("p_") for name in self.frame.columns if name.startswith("p_")]

    @property
    def scored(self) -> pd.DataFrame:
        """Cases with an outcome."""
        return self.frame[self.frame["outcome_share"].notna()]

    def scores(self) -> list[dict[str, Any]]:
        """Scores of each forecaster, and how its Brier score differs from the model's, with a 90 % interval."""
        scored = self.scored
        if scored.empty:
            return []
        full = scored["outcome_full"].to_numpy(bool)
        ours = (scored[f"p_{MODEL}"].to_numpy() - full) ** 2
        rows = []
        for name in self.forecasters:
            p = scored[f"p_{name}"].to_numpy()
            change = difference_interval((p - full) ** 2 - ours, list(scored["group"]), self.seed)
            money = scored.get(f"crps_{name}")
            rows.append({
                "forecaster": name, "brier": brier_score(p, full), "log": log_score(p, full),
                "auc": auc(p, full) if full.any() and not full.all() else None,
                "crps": None if money is None else float(money.mean()),
                "brier_minus_model": dict(zip(("mean", "low", "high"), change, strict=True)),
            })  # fmt: skip
        return rows

    def calibration(self) -> list[dict[str, Any]]:
        """Forecasts of the model from low to high, beside how often such rounds closed in full."""
        scored = self.scored
        if scored.empty:
            return []
        return [one._asdict() for one in calibration_bins(
            scored[f"p_{MODEL}"].to_numpy(), scored["outcome_full"].to_numpy(bool))]  # fmt: skip

    def json(self) -> dict[str, Any]:
        """Everything as one object, with every forecast by case id."""
        plain = self.frame.astype(object).where(self.frame.notna(), None)
        return {
            "where": self.where,
            "fitted_to": self.fitted_to,
            "known": self.known,
            "group_left_out": self.left_out,
            "seed": self.seed,
            "cases": len(self.frame),
            "scored": len(self.scored),
            "scores": self.scores(),
            "calibration": self.calibration(),
            "forecasts": plain.to_dict("index"),
        }


@checked
def backtest(cases: Library, fitted_to: Library | None = None, seed: int = 1) -> Backtest:
    """Forecast every case and score the forecasts on how the cases ended.

    Where cases are among those that forecasts are fitted to, each forecast is fitted again to all but the group of its
    case; else one fit serves for all. Open cases are forecast and not scored.

    Parameters
    ----------
    cases
        Which to forecast.
    fitted_to
        What forecasts know; left out, the packaged cases.
    seed
        Of the resamples behind intervals.

    Examples
    --------
    >>> from abm.history import library
    >>> few = library().filtered(lambda case: case.library == "0")
    >>> tested = backtest(few, library().filtered(lambda case: case.library == "B"))
    >>> tested.left_out, len(tested.frame), tested.scores()[0]["forecaster"]
    (False, 38, 'model')
    """
    from abm.history.collection import library

    fitted_to = fitted_to if fitted_to is not None else library()
    asked, known = Studied.of(cases), Studied.of(fitted_to)
    known = known[known.ended]
    check_ended(len(known), fitted_to.where)
    asked = replace(asked, groups=_joint_groups(asked, known))
    wholes = {name: _fit(known, change, luck) for name, (change, luck) in VARIANTS.items()}
    parts: list[tuple[Any, dict[str, Any]]] = []
    for here, rest in _folds(asked, known):
        parts.append((here, _forecasts(asked[here], rest, wholes, len(rest) == len(known))))
    columns = {name: np.empty(len(asked)) for name in parts[0][1]}
    for here, found in parts:
        for name, values in found.items():
            columns[name][here] = values
    left_out = bool(np.isin(asked.ids, known.ids).any())
    return Backtest(_frame(asked, columns), cases.where, fitted_to.where, left_out, len(known), seed)


def _joint_groups(asked: Studied, known: Studied) -> Any:
    """Groups as the known cases have them, for those that are among them."""
    of = dict(zip(known.ids.tolist(), known.groups.tolist(), strict=True))
    return np.array([of.get(case, group) for case, group in zip(asked.ids.tolist(), asked.groups, strict=True)])


def _folds(asked: Studied, known: Studied) -> Iterator[tuple[Any, Studied]]:
    """Which cases are forecast together, and what their forecast knows."""
    inside = np.isin(asked.ids, known.ids)
    if not inside.all():
        yield np.flatnonzero(~inside), known
    for group in np.unique(asked.groups[inside]):
        rest = known[known.groups != group]
        if not len(rest):
            raise Refusal(f"{group}: expected cases of other groups to fit to, as its own group is left out, got none")
        yield np.flatnonzero(inside & (asked.groups == group)), rest


def _fit(known: Studied, change: Change, luck: bool) -> Fitted:
    return fit(Question(change(known.deals), known.full, luck), known.part)


def _forecasts(asked: Studied, known: Studied, wholes: dict[str, Fitted], whole: bool) -> dict[str, Floats]:
    """What every forecaster says of some cases, who knows others."""
    found: dict[str, Floats] = {}
    seen = np.where(asked.ended, asked.shares, 0.0)
    for name, (change, luck) in VARIANTS.items():
        fitted = wholes[name] if whole else _fit(known, change, luck)
        told = forecast(change(asked.deals), fitted.values)
        found[f"p_{name}"] = told.full
        found[f"crps_{name}"] = crps(told.shares, told.weights, seen)
        if name == MODEL:
            found |= {"partial": told.partial, "failed": told.failed}
            found["mean_share"] = (told.shares * told.weights).sum(axis=1)
            found["low"], found["high"] = _range(asked.deals, fitted, told.full)
    for name, rival in RIVALS.items():
        found[f"p_{name}"] = rival(known, asked)
    found["crps_base_rate"] = crps(
        np.tile(known.shares, (len(asked), 1)), np.full((len(asked), len(known)), 1 / len(known)), seen
    )
    if has_logistic():
        found["p_logistic"] = logistic(known, asked)
        found["p_mean_with_logistic"] = (found["p_logistic"] + found[f"p_{MODEL}"]) / 2
    return found


def _range(deals: DealTable, fitted: Fitted, p: Floats) -> tuple[Floats, Floats]:
    """90 % range of each chance over what the cases leave open, by the slope of its log odds (delta method)."""
    slopes = chances_with_slopes(fitted.mode, Question(deals, np.zeros(len(deals), bool), fitted.luck))[1]
    sure = np.clip(p, 1e-9, 1 - 1e-9)
    steep = slopes / (sure * (1 - sure))[:, None]
    sd = np.sqrt(np.einsum("ij,jk,ik->i", steep, fitted.covariance, steep))
    middle = np.log(sure / (1 - sure))
    return expit(middle - _Z90 * sd), expit(middle + _Z90 * sd)


def _frame(asked: Studied, columns: dict[str, Floats]) -> pd.DataFrame:
    import pandas as pd

    known = {"group": asked.groups, "library": asked.libraries, "kind": asked.kinds}
    frame = pd.DataFrame({**known, **columns}, index=pd.Index(asked.ids, name="id"))
    crps_columns = [name for name in frame.columns if name.startswith("crps_")]
    frame.loc[~asked.ended, crps_columns] = np.nan
    full = pd.Series(asked.full, frame.index, dtype=object).where(asked.ended, None)
    return frame.assign(outcome_share=asked.shares, outcome_full=full)
