"""Tables of the disclosure service: facts that other services told, disclosures, deliveries."""

from suicha_disclosure.models.base import Base
from suicha_disclosure.models.deliveries import (
    Attempt,
    AttemptCause,
    Delivery,
    DeliveryState,
    Publication,
    PublicationCause,
    Reconciliation,
)
from suicha_disclosure.models.disclosures import (
    Correction,
    Disclosure,
    DisclosureLine,
    DisclosureState,
    FollowUp,
    PublicRecord,
)
from suicha_disclosure.models.facts import (
    BundleVersion,
    CalendarYear,
    JointSavings,
    PlanFact,
    RoundFact,
    RoundList,
    RulesetVersion,
    Substitution,
    VoidedAttempt,
)

__all__ = [
    "Attempt",
    "AttemptCause",
    "Base",
    "BundleVersion",
    "CalendarYear",
    "Correction",
    "Delivery",
    "DeliveryState",
    "Disclosure",
    "DisclosureLine",
    "DisclosureState",
    "FollowUp",
    "JointSavings",
    "PlanFact",
    "PublicRecord",
    "Publication",
    "PublicationCause",
    "Reconciliation",
    "RoundFact",
    "RoundList",
    "RulesetVersion",
    "Substitution",
    "VoidedAttempt",
]
