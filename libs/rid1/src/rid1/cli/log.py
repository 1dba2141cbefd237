"""`rid1 checkpoint`: the draw log from the side of those who watch it."""

from __future__ import annotations

import argparse
import json

from rid1.checkpoint import check_signature
from rid1.cli.answers import OK, checkpoint_of, earlier_of, log_key_of, witnesses_of
from rid1.consistency import check_growth
from rid1.cosignature import cosigned_by


def check_checkpoint(given: argparse.Namespace) -> int:
    """Signatures of a checkpoint, and that its log only grew since an earlier one; prints JSON."""
    checkpoint = checkpoint_of(given.checkpoint)
    key, earlier, witnesses = log_key_of(given), earlier_of(given), witnesses_of(given)
    if key:
        check_signature(checkpoint, key)
    signed = cosigned_by(checkpoint, witnesses)
    if earlier:
        check_growth(earlier, checkpoint, key)
    names = {seen.name for seen in signed}
    told = {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "log_signature": key is not None,
        "grown_from": earlier.checkpoint.size if earlier else None,
        "witnesses": [{"name": seen.name, "time": seen.time} for seen in signed],
        "missing": [witness.name for witness in witnesses if witness.name not in names],
    }
    print(json.dumps(told, ensure_ascii=False))
    return OK
