"""``python -m normtheory`` is the command ``normtheory``."""

import sys

from normtheory.cli import main

if __name__ == "__main__":
    sys.exit(main())
