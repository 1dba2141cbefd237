"""The command line `rid1`. Exit codes: 0 all is well, 1 a fault was found, 2 wrong usage or unreadable input."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rid1 import beacon, jcs
from rid1.cli import log
from rid1.cli.answers import FAULT, OK, UNREADABLE, earlier_of, log_key_of, witnesses_of
from rid1.draw import draw, read_bytes
from rid1.errors import RidError, UnreadableError
from rid1.receipt import check_receipt, make_receipt
from rid1.report import as_json, as_text
from rid1.seed import read_reveals, ticket
from rid1.suites import SUITES
from rid1.verify import verify_bundle
from rid1.witness import add_commands as add_witness_commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, io.TextIOWrapper
        ):  # a console of another character set must not look like a fault
            stream.reconfigure(errors="replace")
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except UnreadableError as error:
        code = UNREADABLE
        fault: RidError = error
    except RidError as error:
        code, fault = FAULT, error
    except OSError as error:
        code, fault = UNREADABLE, UnreadableError("io", f"读写失败:{error}", f"{error}")
    place = f" [{fault.where}]" if fault.where else ""
    print(f"rid1: {fault.code}: {fault.zh if given.lang == 'zh' else fault.en}{place}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="rid1", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--lang", choices=("zh", "en"), default="zh", help="language of messages (default: zh)"
    )
    pinned = argparse.ArgumentParser(add_help=False)
    pinned.add_argument(
        "--log-key", metavar="KEY", help="pinned Ed25519 key of the draw log: vkey, hex or base64"
    )

    grown = argparse.ArgumentParser(add_help=False)
    grown.add_argument(
        "--since", type=Path, metavar="CHECKPOINT", help="a signed checkpoint kept from earlier"
    )
    grown.add_argument(
        "--consistency",
        type=Path,
        metavar="FILE",
        help="the log's proof that it only grew since that checkpoint",
    )
    watched = argparse.ArgumentParser(add_help=False)
    watched.add_argument(
        "--witness", metavar="KEY", action="append", default=[], help="pinned key of a witness; repeatable"
    )

    kept = argparse.ArgumentParser(add_help=False)
    kept.add_argument(
        "--inputs",
        type=Path,
        metavar="FOLDER",
        help="pool.tsv, excluded.tsv, recusals.tsv of a sealed round",
    )

    command = commands.add_parser("draw", parents=[common], help="draw from a frozen folder")
    command.add_argument("folder", type=Path, metavar="FOLDER", help="manifest.json and the four input files")
    command.add_argument("--reveals", type=Path, required=True, metavar="FILE.json")
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.set_defaults(run=_draw)

    command = commands.add_parser(
        "verify", parents=[common, pinned, watched, grown, kept], help="verify a proof bundle"
    )
    command.add_argument("bundle", type=Path, metavar="BUNDLE.zip")
    command.add_argument("--log", type=Path, metavar="FULL_LOG.jsonl", help="the whole exported draw log")
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    command.add_argument(
        "--sandbox", action="store_true", help="accept a rehearsal whose beacon is not drand quicknet"
    )
    command.set_defaults(run=_verify, parser=command)

    command = commands.add_parser("receipt", parents=[common, pinned, kept], help="make or check a receipt")
    command.add_argument("bundle", type=Path, nargs="?", metavar="BUNDLE.zip")
    command.add_argument("id", nargs="?", metavar="ID")
    command.add_argument("--check", type=Path, metavar="RECEIPT.json")
    command.set_defaults(run=_receipt, parser=command)

    command = commands.add_parser("ticket", parents=[common], help="the ticket of one id under K_target")
    command.add_argument("key", metavar="KEY")
    command.add_argument("id", metavar="ID")
    command.add_argument("--suite", choices=tuple(SUITES), default="S256")
    command.set_defaults(run=_ticket)

    command = commands.add_parser(
        "beacon", parents=[common], help="check a drand signature, typed or fetched"
    )
    command.add_argument("round", type=int, metavar="ROUND")
    command.add_argument("signature", metavar="SIGNATURE", help="96 hex digits")
    command.set_defaults(run=_beacon)

    command = commands.add_parser(
        "checkpoint", parents=[common, pinned, watched, grown], help="check a checkpoint of the draw log"
    )
    command.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    command.set_defaults(run=log.check_checkpoint, parser=command)

    add_witness_commands(commands, common)
    return top


def _beacon(given: argparse.Namespace) -> int:
    try:
        signature = bytes.fromhex(given.signature.strip())
    except ValueError:
        raise UnreadableError("beacon_hex", "签名不是十六进制", "the signature is not hex") from None
    beacon.verify(given.round, signature)
    print(beacon.beacon_string(given.round, signature.hex()))
    return OK


def _draw(given: argparse.Namespace) -> int:
    reveals = read_reveals(read_bytes(given.reveals), given.reveals.name)
    outcome = asdict(draw(given.folder, reveals, given.out))
    shown = ("manifest_hash", "seed", "result_hash", "match_hash")
    print(json.dumps({name: outcome[name] for name in shown}))
    return OK


def _verify(given: argparse.Namespace) -> int:
    report = verify_bundle(
        given.bundle,
        log_key=log_key_of(given),
        witnesses=witnesses_of(given),
        log=given.log,
        earlier=earlier_of(given),
        inputs=given.inputs,
        sandbox=given.sandbox,
    )
    print(json.dumps(as_json(report), ensure_ascii=False) if given.json else as_text(report, given.lang))
    return OK if report.ok else FAULT


def _receipt(given: argparse.Namespace) -> int:
    if given.check:
        try:
            receipt = jcs.decode(read_bytes(given.check), given.check.name)
        except UnreadableError:
            raise
        except RidError as error:
            raise UnreadableError(error.code, error.zh, error.en, error.where) from None
        print(
            json.dumps({"ok": True, "places": check_receipt(receipt, log_key_of(given))}, ensure_ascii=False)
        )
    elif given.bundle and given.id:
        print(jcs.encode(make_receipt(given.bundle, given.id, given.inputs)).decode())
    else:
        given.parser.error("BUNDLE.zip and ID, or --check RECEIPT.json")
    return OK


def _ticket(given: argparse.Namespace) -> int:
    print(ticket(SUITES[given.suite], given.key, given.id))
    return OK
