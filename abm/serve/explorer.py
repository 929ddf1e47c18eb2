"""Explorer: the page of a scenario in a cell of a notebook, or a table where there can be no page."""

from __future__ import annotations

import os
import sys
from html import escape

from abm.core.errors import Refusal
from abm.core.notebook import Printed
from abm.runs.outcomes import Outcomes
from abm.runs.simulation import simulate
from abm.scenario import Scenario
from abm.serve.desk import Desk
from abm.serve.guarding import NOTEBOOKS
from abm.serve.server import PageServer

_RUNS = 2_000  # behind the table
#: Where notebooks run on another machine than their browser, which then finds nothing under the name of its own.
_ELSEWHERE = ("JUPYTERHUB_SERVICE_PREFIX", "COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE", "CODESPACES", "BINDER_PORT")


class Explorer(Printed):
    """The page of a scenario, as a notebook shows it; made by :meth:`abm.Scenario.explore`.

    Parameters
    ----------
    scenario
        What is shown.
    height
        Of the cell [pixels].

    Attributes
    ----------
    link
        Where the page is; None where there can be none.

    Examples
    --------
    >>> import abm
    >>> explorer = Explorer(abm.load_scenario("three-investors"))
    >>> explorer._repr_html_().startswith("<iframe ")
    True
    >>> explorer.close()
    >>> explorer._repr_html_().startswith("<p><b>A lead with a condition")
    True
    """

    def __init__(self, scenario: Scenario, height: int = 900) -> None:
        self.scenario, self.height = scenario, height
        self.server = _served(scenario)
        self._answer: Outcomes | None = None

    @property
    def link(self) -> str | None:
        """Where the page is, for this machine alone."""
        return self.server.link if self.server else None

    def close(self) -> None:
        """Stop serving the page; the cell then shows the table."""
        if self.server is not None:
            self.server.__exit__()
            self.server = None

    @property
    def answer(self) -> Outcomes:
        """The answer in short, simulated when it is first asked for."""
        if self._answer is None:
            self._answer = simulate(self.scenario, _RUNS, keep="rows")
        return self._answer

    def __str__(self) -> str:
        """Say where the page is, or what it would say."""
        return f"{self.scenario.title}: {self.link}" if self.link else str(self.answer)

    def _repr_html_(self) -> str:
        table = self.answer._repr_html_()
        if self.link is None:
            return table
        title, link = escape(self.scenario.title), escape(self.link)
        style = f"width:100%;height:{int(self.height)}px;border:1px solid #d5d8dd;border-radius:8px"
        frame = f'<iframe src="{link}" title="{title}" allow="clipboard-write" style="{style}"></iframe>'
        words = "The answer in short, where no page shows above (it lives as long as the session that made it)"
        return f"{frame}<details><summary>{words}</summary>{table}</details>"


def _served(scenario: Scenario) -> PageServer | None:
    """A server of the page, where a browser can reach it."""
    if any(name in os.environ for name in _ELSEWHERE) or "google.colab" in sys.modules or sys.platform == "emscripten":
        return None
    try:
        return PageServer(Desk(scenario), framed=NOTEBOOKS).__enter__()
    except (Refusal, OSError):
        return None
