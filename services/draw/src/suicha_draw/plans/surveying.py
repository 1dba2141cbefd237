"""What a plan asks of registry: how its lists overlap. The planner waits for the answer, so refusals are problems."""

from collections.abc import Sequence

from suicha_chassis.app import Runtime
from suicha_chassis.bus import TransientError
from suicha_chassis.problems import Unavailable
from suicha_contracts.freeze import Criteria, SnapshotList, Survey, SurveyRequest

from suicha_draw.problems import CountingTooLong, ListUnreadable
from suicha_draw.registry_client import TOO_LONG, RegistryClient, RegistryRefusedError
from suicha_draw.rounds.freezing import snapshot_list
from suicha_draw.rounds.schemas.kept import RoundList
from suicha_draw.settings import Settings

_NAMED = "NAMED"
"""The list of one object that is asked for by its id."""
_AT_ONCE = 5
"""Seconds for each count behind a request to which the gateway gives no longer than to any other."""


async def survey_of(
    runtime: Runtime,
    org: str,
    lists: Sequence[RoundList],
    *,
    units_by: str | None = None,
    object_id: str | None = None,
) -> Survey:
    """Count the objects of a plan's lists as the register is now.

    Raises:
        Unavailable: registry does not answer.
        CountingTooLong: registry gave up counting after `counting_seconds`.
        ListUnreadable: registry cannot read one of the lists; the problem says why.
    """
    wanted = SurveyRequest(
        org=org, lists=[snapshot_list(one) for one in lists], units_by=units_by, object_id=object_id
    )
    return await _ask(runtime, wanted)


async def on_register(runtime: Runtime, org: str, region: str, object_id: str) -> bool:
    """Tell whether a live object of a region has this id.

    Raises:
        Unavailable: registry does not answer.
        CountingTooLong: as for `survey_of`.
        ListUnreadable: registry does not know the organisation.
    """
    named = SnapshotList(
        code=_NAMED,
        crew=_NAMED,
        items=[_NAMED],
        region=region,
        by_grade=False,
        criteria=Criteria(ids=[object_id]),
    )
    found = await _ask(runtime, SurveyRequest(org=org, lists=[named], object_id=object_id), _AT_ONCE)
    return bool(found.object_strata)


async def _ask(runtime: Runtime, wanted: SurveyRequest, seconds: int | None = None) -> Survey:
    settings = runtime.settings
    assert isinstance(settings, Settings)
    try:
        asked = wanted.model_copy(update={"seconds": seconds or settings.counting_seconds})
        return await RegistryClient(settings).survey(asked)
    except TransientError as error:
        raise Unavailable("名录库暂时无法查询，请稍后重试") from error
    except RegistryRefusedError as error:
        if error.code == TOO_LONG:
            raise CountingTooLong(error.detail) from error
        raise ListUnreadable(error.detail) from error
