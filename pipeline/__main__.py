"""``python -m pipeline`` and the installed command ``rhetoric``."""

import sys


def main() -> None:
    from pipeline.cli.boundary import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
