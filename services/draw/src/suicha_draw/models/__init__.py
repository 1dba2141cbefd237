"""The tables of draw. What a draw fixed (files, exclusions, results, matches, log) is append-only by trigger."""

from suicha_draw.models.base import Base, CounterRow, Document
from suicha_draw.models.history import HistoryImport, HistoryProblem, HistoryRow, ItemListRow, RulesetRow
from suicha_draw.models.ledger import LogCosignature, LogEntry, LogNode, LogTimestamp
from suicha_draw.models.outcomes import Exclusion, MatchRow, Overlap, ResultRow, SubstitutionRow
from suicha_draw.models.plans import Plan, PlanAdjustment, PlanVersion, Task
from suicha_draw.models.rounds import Contributor, Round, RoundApproval, RoundFile, RoundWork, Signature
from suicha_draw.models.triggers import DirectCase, Proposal, Signal, Trigger

FROZEN_TABLES = (
    "round_files",
    "signatures",
    "exclusions",
    "results",
    "matches",
    "log_entries",
    "log_nodes",
    "log_cosignatures",
    "log_timestamps",
    "round_overlaps",
    "plan_versions",
)
"""Tables whose rows are added once and never changed or removed."""

RECORD_TABLES = ("round_approvals", "signals", "triggers")
"""Records of what came in or was approved, append-only as well; not every draw has any."""

__all__ = [
    "FROZEN_TABLES",
    "RECORD_TABLES",
    "Base",
    "Contributor",
    "CounterRow",
    "DirectCase",
    "Document",
    "Exclusion",
    "HistoryImport",
    "HistoryProblem",
    "HistoryRow",
    "ItemListRow",
    "LogCosignature",
    "LogEntry",
    "LogNode",
    "LogTimestamp",
    "MatchRow",
    "Overlap",
    "Plan",
    "PlanAdjustment",
    "PlanVersion",
    "Proposal",
    "ResultRow",
    "Round",
    "RoundApproval",
    "RoundFile",
    "RoundWork",
    "RulesetRow",
    "Signal",
    "Signature",
    "SubstitutionRow",
    "Task",
    "Trigger",
]
