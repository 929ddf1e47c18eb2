"""History text: scores of forecasts beside simpler ones, their calibration, and the table of classes, to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from abm.history import Backtest, Calibrated
from abm.runs.digits import percent
from abm.runs.lines import broken

_NAMES = {
    "model": "model",
    "without_conditions": "model without conditions",
    "without_firmness": "model without firmness",
    "independent_luck": "model with independent luck",
    "priors": "model by judgement alone",
    "base_rate": "base rate",
    "library_rate": "base rate of the library",
    "kind_rate": "rate by kind of round",
    "logistic": "logistic regression",
    "mean_with_logistic": "mean of model and logistic",
}
_NO_SCORES = "No case has an outcome, so nothing is scored; --json has every forecast."
_NO_LOGISTIC = "Without scikit-learn there is no logistic regression; install it with: pip install scikit-learn"
_SELECTED = "Cases were selected, and mostly coded by people who knew the end: scores on new rounds may be worse."


def backtest_text(tested: Backtest) -> str:
    """Lay out the scores of a back-test and the calibration of the model.

    Examples
    --------
    >>> from abm.history import backtest, library
    >>> one = library().filtered(lambda case: case.library == "0")
    >>> print(backtest_text(backtest(one, library().filtered(lambda case: case.library == "B"))).splitlines()[0])
    38 cases (packaged), forecast by what 42 others (packaged) say
    """
    return "\n".join(_backtest_lines(tested))


def _backtest_lines(tested: Backtest) -> Iterator[str]:
    number, others = len(tested.frame), tested.known
    how = "the others, each group left out in its turn," if tested.left_out else f"what {others} others"
    yield f"{number} cases ({tested.where}), forecast by {how} ({tested.fitted_to}) say".replace(", (", " (")
    scores = tested.scores()
    if not scores:
        yield from broken(_NO_SCORES)
        return
    yield f"scored: {len(tested.scored)} of them, on whether they closed in full"
    yield ""
    rows = [("", "Brier", "log", "AUC", "CRPS", "Brier minus the model's (90 %)")]
    for row in scores:
        change = row["brier_minus_model"]
        more = "" if row["forecaster"] == "model" else "{mean:+.3f} ({low:+.3f} to {high:+.3f})".format(**change)
        auc = "" if row["auc"] is None else f"{row['auc']:.2f}"
        money = "" if row["crps"] is None else f"{row['crps']:.3f}"
        numbers = (f"{row['brier']:.3f}", f"{row['log']:.3f}", auc, money, more)
        rows.append((_NAMES[row["forecaster"]], *numbers))
    yield from _table(rows)
    yield ""
    head = ("forecast", "mean", "closed in full", "cases", "95 % interval")
    yield from _table([head, *(_bin(row) for row in tested.calibration())])
    yield ""
    lines = [f"Intervals of differences: groups drawn again, seed {tested.seed}. {_SELECTED}"]
    if "logistic" not in tested.forecasters:
        lines.append(_NO_LOGISTIC)
    for line in lines:
        yield from broken(line)


def _bin(row: dict[str, float]) -> tuple[str, ...]:
    interval = f"{percent(row['low'])} to {percent(row['high'])}"
    forecast = f"{percent(row['least'])} to {percent(row['most'])}"
    return forecast, percent(row["mean"]), percent(row["happened"]), str(row["n"]), interval


def calibrated_text(found: Calibrated) -> str:
    """Lay out the table of classes, and how much was learned.

    Examples
    --------
    >>> from abm.history import calibrate, library
    >>> text = calibrated_text(calibrate(library().filtered(lambda case: case.library == "0")))
    >>> text.splitlines()[0].split()
    ['class', 'value', '90', '%', 'n', 'prior', 'learned', 'grade']
    """
    rows = [("class", "value", "90 %", "n", "prior", "learned", "grade")]
    for row in found.rows:
        learned = found.learned.get(row.id)
        digits = 3 if row.unit == "-" else 0
        rows.append((
            row.id, f"{row.value:.{digits}f}", f"{row.low:.{digits}f} to {row.high:.{digits}f}", str(row.n),
            "" if row.prior is None else f"{row.prior:g}", "" if learned is None else percent(max(0.0, learned)),
            row.grade,
        ))  # fmt: skip
    below = (
        "learned: how much narrower a number is than its prior, as a share of the variance. Rows of days: the median,"
        " and between which eight in ten lie."
    )
    return "\n".join([*_table(rows), "", *broken(f"{found}. {below}")])


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def write_backtest(tested: Backtest, folder: Path) -> list[Path]:
    """Write every forecast as ``forecasts.csv``, and, where something was scored, the figure ``reliability.png``."""
    import pandas as pd

    from abm.plots.fonts import write_figure
    from abm.plots.reliability import reliability_figure
    from abm.plots.theme import DPI, styled
    from abm.report.files import open_folder

    open_folder(folder)
    table, figure = folder / "forecasts.csv", folder / "reliability.png"
    tested.frame.to_csv(table, float_format="%.6g", lineterminator="\n")
    bins = tested.calibration()
    if not bins:
        return [table]
    drawn = reliability_figure(pd.DataFrame(bins), f"abm backtest, {len(tested.scored)} cases ({tested.where})")
    with styled():
        write_figure(drawn, figure, dpi=DPI, metadata={"Software": None})
    return [table, figure]
