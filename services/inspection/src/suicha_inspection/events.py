"""What the service does when others tell it something: the whole table."""

from typing import Any

from suicha_chassis.app import Runtime
from suicha_chassis.consumers import EventHandler, on
from suicha_contracts.events import DrawCompleted, DrawVoided, ExpertRegistered, SubstitutionMade

from suicha_inspection.assistants.service import keep_pool_entry
from suicha_inspection.intake import visits_from_draws
from suicha_inspection.substitution import replacements_from_draws
from suicha_inspection.voiding import cancel_voided_visits


def handlers(runtime: Runtime) -> tuple[EventHandler[Any], ...]:
    """Return every effect, wired to the file store."""
    return (
        on(DrawCompleted, "visits", visits_from_draws(runtime.files)),
        on(DrawVoided, "voids", cancel_voided_visits),
        on(ExpertRegistered, "experts", keep_pool_entry),
        on(SubstitutionMade, "replacements", replacements_from_draws(runtime.files)),
    )
