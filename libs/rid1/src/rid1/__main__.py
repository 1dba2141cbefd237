"""`python -m rid1`."""

import sys

from rid1.cli import main

sys.exit(main())
