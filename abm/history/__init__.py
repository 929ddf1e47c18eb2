"""History: what real attempts to raise large, conditional money say; cases counted, fitted, forecast and scored."""

from abm.core.errors import CaseError
from abm.history.backtesting import Backtest, backtest
from abm.history.calibrated import Calibrated, calibrate
from abm.history.case import Case
from abm.history.collection import BaseRate, Library, library
from abm.history.deal import Deal, DealGate, DealInvestor
from abm.history.translation import translate
from abm.scenario.class_rows import ClassRow, classes

__all__ = [
    "Backtest",
    "BaseRate",
    "Calibrated",
    "Case",
    "CaseError",
    "ClassRow",
    "Deal",
    "DealGate",
    "DealInvestor",
    "Library",
    "backtest",
    "calibrate",
    "classes",
    "library",
    "translate",
]
