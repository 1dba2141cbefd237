"""Every table of the registry, for migrations."""

from suicha_registry.base import Base
from suicha_registry.calendars.models import Calendar
from suicha_registry.forms.models import Form
from suicha_registry.imports.models import Import, ImportRefusal
from suicha_registry.inspectors.models import Inspector, Recusal
from suicha_registry.items.models import Item, ItemList
from suicha_registry.organisations.models import Organisation
from suicha_registry.rulesets.models import RulesetVersion
from suicha_registry.snapshots.models import FrozenSnapshot
from suicha_registry.subjects.models import Label, Subject, SubjectChange, SubjectGrade, SubjectLabel

__all__ = [
    "Base",
    "Calendar",
    "Form",
    "FrozenSnapshot",
    "Import",
    "ImportRefusal",
    "Inspector",
    "Item",
    "ItemList",
    "Label",
    "Organisation",
    "Recusal",
    "RulesetVersion",
    "Subject",
    "SubjectChange",
    "SubjectGrade",
    "SubjectLabel",
]
