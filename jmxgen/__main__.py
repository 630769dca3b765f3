"""The entry point of `jmxgen` and of `python -m jmxgen`."""

import sys

from jmxgen.cli import execute


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(execute(sys.argv[1:]))


if __name__ == "__main__":
    main()
