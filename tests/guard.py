"""Guard: how long a test waits for another process before it calls it hung; no test passes or fails by speed."""

#: Longer than anything takes on the busiest machine [s].
HANGS_S = 3_600
