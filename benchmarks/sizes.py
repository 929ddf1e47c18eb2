"""Sizes: how much each benchmark does, in earnest and in the smallest way that still shows that it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes
    ----------
    pairs
        Measurements of each ratio; the table shows their median.
    shared_runs, repeats
        Runs of a pair with the Mesa model, and how often the ensemble repeats them for one measurement.
    study_runs
        Runs that the ensemble is asked for at once, as a study does.
    counted_runs
        Runs whose draws are counted.
    budget_s
        How long a single measurement of the scaling should take [s].
    investors, weeks, runs
        Sizes of the three series of the scaling.
    scenario
        What the threads and the whole process simulate.
    threaded_runs
        Runs that one thread and two share.
    processes, within
        How often the whole process is timed, and the half-width asked of it.
    first_command
        What is asked of the first process after an install.
    commitments
        Length of the book that is closed.
    toy_runs
        Runs of the toy that the peers simulate for one measurement; those that are slow take a part of them.
    """

    pairs: int = 9
    shared_runs: int = 40
    repeats: int = 50
    study_runs: int = 6_400
    counted_runs: int = 400
    budget_s: float = 0.5
    investors: tuple[int, ...] = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
    weeks: tuple[int, ...] = (26, 52, 104, 208, 416, 520)
    runs: tuple[int, ...] = (100, 1_000, 10_000, 100_000)
    scenario: str = "openai-2025"
    threaded_runs: int = 20_000
    processes: int = 5
    within: float = 0.005
    first_command: tuple[str, ...] = ("run", "openai-2025", "--within", "0.005")
    commitments: int = 1_000
    toy_runs: int = 10_000


FULL = Sizes()

TINY = Sizes(
    pairs=1,
    shared_runs=2,
    repeats=2,
    study_runs=20,
    counted_runs=2,
    budget_s=0.0,
    investors=(8, 16),
    weeks=(26, 52),
    runs=(2, 4),
    scenario="three-investors",
    threaded_runs=600,
    processes=1,
    within=0.1,
    first_command=("scenarios",),  # which compiles nothing
    commitments=20,
    toy_runs=100,
)
