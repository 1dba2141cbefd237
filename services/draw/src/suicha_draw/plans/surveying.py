"""What a plan asks of registry: how its lists overlap. The planner waits for the answer, so refusals are problems."""

from collections.abc import Sequence

from suicha_chassis.app import Runtime
from suicha_chassis.bus import TransientError
from suicha_chassis.problems import Unavailable
from suicha_contracts.freeze import Survey, SurveyRequest

from suicha_draw.models import Plan
from suicha_draw.problems import ListUnreadable
from suicha_draw.registry_client import RegistryClient, RegistryRefusedError
from suicha_draw.rounds.freezing import snapshot_list
from suicha_draw.rounds.schemas.kept import RoundList
from suicha_draw.settings import Settings


async def survey_of(
    runtime: Runtime,
    plan: Plan,
    lists: Sequence[RoundList],
    *,
    units_by: str | None = None,
    object_id: str | None = None,
) -> Survey:
    """Count the objects of a plan's lists as the register is now.

    Raises:
        Unavailable: registry does not answer.
        ListUnreadable: registry cannot read one of the lists; the problem says why.
    """
    settings = runtime.settings
    assert isinstance(settings, Settings)
    wanted = SurveyRequest(
        org=plan.org, lists=[snapshot_list(one) for one in lists], units_by=units_by, object_id=object_id
    )
    try:
        return await RegistryClient(settings).survey(wanted)
    except TransientError as error:
        raise Unavailable("名录库暂时无法查询，请稍后重试") from error
    except RegistryRefusedError as error:
        raise ListUnreadable(error.detail) from error
