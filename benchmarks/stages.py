"""Stages of ``abm run openai-2025 --within W``, timed from within a fresh interpreter: one JSON object on stdout."""

import time

_start = time.perf_counter()

import json  # noqa: E402, the clock is started before everything else
import os  # noqa: E402
import sys  # noqa: E402

os.environ.setdefault("NUMBA_OPT", "1")  # as the command line does


def stages(scenario: str, within: float) -> dict[str, float]:
    """Time of each stage [s], in order, by the calls that ``abm run`` makes.

    Parameters
    ----------
    scenario, within
        Packaged id, and the half-width wanted.

    Returns
    -------
    dict
        Names and times, and under ``"runs"`` how many runs it took.
    """
    found, last = {}, _start

    def lap(name: str) -> None:
        nonlocal last
        now = time.perf_counter()
        found[name], last = now - last, now

    import scipy.optimize  # noqa: F401, which is imported when the first investor is anchored

    import abm.cli
    import abm.ensemble
    from abm.report import files  # noqa: F401
    from abm.report.answer import answer_text
    from abm.runs.outcomes import Totals
    from abm.runs.simulation import batches, collect
    from abm.scenario import load_scenario

    lap("import")
    loaded = load_scenario(scenario)
    lap("reading the scenario")
    stream = batches(loaded, within=within, path_runs=0)
    lap("preparing the scenario (anchors)")
    abm.ensemble.Ensemble(stream.population)(1, range(1))
    lap("loading the compiled kernel")
    totals = Totals(*stream.study())
    totals.ending = collect(stream, [totals])
    lap("simulation")
    print(answer_text(totals), file=sys.stderr)
    lap("output")
    return found | {"runs": totals.runs}


if __name__ == "__main__":
    print(json.dumps(stages(sys.argv[1], float(sys.argv[2]))))
