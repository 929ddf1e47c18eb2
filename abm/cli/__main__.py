"""``python -m abm.cli``: the command line."""

from abm.cli import main

if __name__ == "__main__":
    main()
