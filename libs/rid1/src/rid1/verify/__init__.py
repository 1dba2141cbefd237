"""The verifier (RID/1 §9): checks a bundle from the outside in and names the first thing that is wrong.

Order: layout, manifest, log, earlier checkpoint and whole log (if given), input files, reveals, seed, result, match,
substitutions. Each step may rely on those before it. It reads nothing but the bundle and what it is given.
"""

from __future__ import annotations

from rid1.verify.report import Report
from rid1.verify.run import verify_bundle

__all__ = ["Report", "verify_bundle"]
