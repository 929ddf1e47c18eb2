"""Old public names work for one more release, and say which name to use."""

import importlib
import sys
import types

import numpy as np
import pandas as pd
import pytest

import abm
from abm.analysis.discovery import discover
from abm.analysis.pivotal import shapley_values
from abm.core.old_names import renamed

#: Every name that a published version had and that is called otherwise now: module, old, new.
RENAMED: list[tuple[str, str, str]] = [
    ("abm.analysis.drivers", "screened", "morris_effects"),
    ("abm.analysis.drivers", "shared_out", "sobol_indices"),
    ("abm.analysis.gains", "gains", "measure_gains"),
    ("abm.analysis.incidence", "incidence", "cumulative_incidence"),
    ("abm.analysis.information", "information", "value_of_information"),
    ("abm.analysis.pivotal", "pivotal", "shapley_values"),
    ("abm.analysis.regret", "regret", "compare_levers"),
    ("abm.plots.study_pictures", "study_pictures", "choose_pictures"),
]


def test_an_old_name_gives_the_new_thing_and_warns_in_the_line_that_asked():
    module = types.ModuleType("example")
    module.expit = object()
    module.__getattr__ = renamed("example", {"logit": "expit"})
    sys.modules["example"] = module
    try:
        with pytest.warns(DeprecationWarning, match=r"example\.logit is called expit now") as caught:
            assert module.logit is module.expit
        assert caught[0].filename == __file__
        with pytest.raises(AttributeError, match="no attribute 'probit'"):
            module.probit  # noqa: B018
    finally:
        del sys.modules["example"]


@pytest.mark.parametrize(("module", "old", "new"), RENAMED)
def test_every_renamed_public_thing_still_answers_to_its_old_name(module, old, new):
    with pytest.warns(DeprecationWarning, match=f"{old} is called {new} now"):
        found = getattr(importlib.import_module(module), old)
    assert found is getattr(importlib.import_module(module), new)


def test_agents_and_the_model_answer_to_the_old_names_of_their_attributes():
    model = abm.FundingModel(abm.load_scenario("openai-2025"))
    investor, gate = model.investors[3], model.gates[0]
    for thing, old, new in [
        (investor, "place", "index"),
        (investor, "law", "params"),
        (gate, "place", "index"),
        (gate, "law", "params"),
        (model.market, "law", "params"),
        (model, "tell", "log"),
    ]:
        with pytest.warns(DeprecationWarning, match=f"{type(thing).__name__}.{old} is called {new} now"):
            assert getattr(thing, old) == getattr(thing, new)
    assert investor.index == 3


def test_findings_answer_to_the_old_names_of_their_attributes():
    pivotal = shapley_values("three-investors", runs=10, workers=1)
    with pytest.warns(DeprecationWarning, match=r"Pivotal\.nobody is called empty_coalition now"):
        assert pivotal.nobody is pivotal.empty_coalition
    totals = abm.simulate("three-investors", runs=10, keep="totals", workers=1)
    with pytest.warns(DeprecationWarning, match=r"Totals\.apart is called closing_gap_probability now"):
        assert totals.apart() == totals.closing_gap_probability()
    x = np.linspace(0.0, 1.0, 30)
    discovery = discover(pd.DataFrame({"x": x}), x, resamples=2)
    with pytest.warns(DeprecationWarning, match=r"Discovery\.honest is called holdout now"):
        assert discovery.honest is discovery.holdout
