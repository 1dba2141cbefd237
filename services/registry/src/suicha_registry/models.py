"""Every table of the registry, for migrations."""

from suicha_registry.base import Base
from suicha_registry.calendars.models import Calendar
from suicha_registry.claims.models import ItemClaim
from suicha_registry.code_sets.models import PublishedCodeSet
from suicha_registry.coverage.models import ItemDraw, VoidedDraw
from suicha_registry.due_dates.models import DueDone
from suicha_registry.experts.models import Expert
from suicha_registry.forms.models import Form
from suicha_registry.imports.models import Import, ImportRefusal
from suicha_registry.inspectors.models import Inspector, Recusal
from suicha_registry.items.models import Item, ItemList, ItemVersion
from suicha_registry.organisations.models import Organisation
from suicha_registry.rulesets.models import RulesetVersion
from suicha_registry.snapshots.models import FrozenSnapshot
from suicha_registry.subjects.models import (
    Complaint,
    Duplicate,
    FeedEpoch,
    Label,
    LabelEnd,
    ListEntry,
    Subject,
    SubjectChange,
    SubjectGrade,
    SubjectLabel,
)
from suicha_registry.trainings.models import Attendance, TrainingHeld
from suicha_registry.uploads.models import Upload

__all__ = [
    "Attendance",
    "Base",
    "Calendar",
    "Complaint",
    "DueDone",
    "Duplicate",
    "Expert",
    "FeedEpoch",
    "Form",
    "FrozenSnapshot",
    "Import",
    "ImportRefusal",
    "Inspector",
    "Item",
    "ItemClaim",
    "ItemDraw",
    "ItemList",
    "ItemVersion",
    "Label",
    "LabelEnd",
    "ListEntry",
    "Organisation",
    "PublishedCodeSet",
    "Recusal",
    "RulesetVersion",
    "Subject",
    "SubjectChange",
    "SubjectGrade",
    "SubjectLabel",
    "TrainingHeld",
    "Upload",
    "VoidedDraw",
]
