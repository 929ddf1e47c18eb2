"""Deadly: work that costs a worker its life, in a file that a worker reads fast."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from abm.sweeps.work import Job, Task


def kill_one(folder: Path) -> None:
    """Kill the worker that takes the first task, once."""
    try:
        (folder / "killed").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly(Job):
    """Work that costs a worker its life, once."""

    def __call__(self, task: Task):
        """Die or do it."""
        kill_one(Path(os.environ["ABM_TEST_FOLDER"]))
        return super().__call__(task)
