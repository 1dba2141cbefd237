"""Entry of `python -m suicha_local`."""

import sys

from suicha_local.cli import main

sys.exit(main())
