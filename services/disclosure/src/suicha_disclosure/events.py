"""Which event has which effect. The names are those of durable consumers and never change."""

from suicha_chassis.consumers import on
from suicha_contracts.events import (
    BundleRewritten,
    CalendarPublished,
    DrawCompleted,
    DrawUnsealed,
    DrawVoided,
    FollowUpClosed,
    InspectionClosed,
    InspectionCorrected,
    PlanPublished,
    RulesetPublished,
    SavingsCounted,
    SubstitutionMade,
)

from suicha_disclosure.service import facts, inspections, plans_and_draws

HANDLERS = (
    on(RulesetPublished, "rulesets", facts.keep_ruleset),
    on(CalendarPublished, "calendars", facts.keep_calendar),
    on(PlanPublished, "plans", plans_and_draws.publish_plan),
    on(DrawCompleted, "draws", plans_and_draws.keep_round),
    on(DrawUnsealed, "unsealed", plans_and_draws.unseal_round),
    on(BundleRewritten, "bundles", plans_and_draws.keep_bundle),
    on(SavingsCounted, "savings", plans_and_draws.keep_savings),
    on(DrawVoided, "voids", plans_and_draws.keep_voided),
    on(SubstitutionMade, "substitutions", plans_and_draws.keep_substitution),
    on(InspectionClosed, "inspections", inspections.record_inspection, concurrency=4),
    on(InspectionCorrected, "corrections", inspections.correct_inspection, concurrency=2),
    on(FollowUpClosed, "follow-ups", inspections.close_follow_up, concurrency=2),
)
