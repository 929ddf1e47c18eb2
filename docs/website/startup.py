"""Startup of the kernel that runs notebooks: a cell of the terminal hands over its output in one piece."""

import subprocess
import sys

from IPython.core.getipython import get_ipython


def sh(line: str, cell: str) -> None:
    """Run a cell as a shell would; IPython's own hands over a hundred bytes at a time, which tear lines apart."""
    done = subprocess.run(["sh", "-c", cell], capture_output=True, text=True, check=False)
    # what only a first start says, no page shows
    told = [line for line in done.stderr.splitlines(keepends=True) if "compiling once" not in line]
    print(done.stdout + "".join(told), end="")
    if done.returncode:
        raise SystemError(f"{cell.strip()}: ended with {done.returncode}")


shell = get_ipython()
if shell is not None and "ipykernel" in sys.modules:
    shell.register_magic_function(sh, "cell")
