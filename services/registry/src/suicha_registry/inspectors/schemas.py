"""What the inspector endpoints take and answer."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from suicha_contracts.values import ObjectId

from suicha_registry.inspectors.identity import is_identity_number
from suicha_registry.inspectors.models import Inspector
from suicha_registry.organisations.schemas import KnownRegion, RidCode


class InspectorState(StrEnum):
    """Whether a person can be drawn."""

    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    LEFT = "left"


class RecusalReason(StrEnum):
    """Why a person must not inspect an object (D16); words and clause stand in `codes.RECUSAL_GROUNDS`."""

    EMPLOYER = "employer"
    RELATIVE = "relative"
    INTEREST = "interest"
    SHARES = "shares"
    SAME_ADDRESS = "same_address"
    FORMER_INSPECTOR = "former_inspector"
    SELF_REQUESTED = "self_requested"
    REQUESTED = "requested"
    OTHER = "other"


def _identity(number: str) -> str:
    if not is_identity_number(number):
        raise ValueError("身份证号码的位数、出生日期或校验码不正确（GB 11643）")
    return number


IdentityNumber = Annotated[str, AfterValidator(_identity)]
Scopes = Annotated[
    list[Annotated[str, Field(pattern=r"^(\*|[0-9A-Z][0-9A-Z._-]{0,53})$")]],
    Field(max_length=500, description="item codes; `*` for all", examples=[["RZ-HR-01"]]),
]

Expertise = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=60)]],
    Field(max_length=50, description="专长, in the words that items ask for", examples=[["劳务派遣"]]),
]


class InspectorFields(BaseModel):
    """What describes an inspector."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    department: RidCode
    unit: str = Field(
        default="",
        pattern=r"^([0-9A-Z][0-9A-Z._-]{0,53})?$",
        description="supervising unit that the person works for; empty if units play no part",
    )
    licence_no: str = Field(min_length=1, max_length=60, description="执法证号", examples=["豫C00123"])
    licence_until: date = Field(description="last day on which the licence is valid")
    scopes: Scopes = Field(default_factory=list)
    expertise: Expertise = Field(default_factory=list)
    state: InspectorState = InspectorState.ACTIVE


class InspectorBody(InspectorFields):
    """A new inspector of the caller's organisation."""

    code: RidCode = Field(examples=["LYJC001"])
    region: KnownRegion | None = Field(
        default=None, description="place of work; the organisation's if absent"
    )
    identity_number: IdentityNumber | None = Field(
        default=None, description="居民身份证号; encrypted at rest and never answered in clear"
    )


class InspectorPatch(BaseModel):
    """What may change."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=100)
    department: RidCode | None = None
    unit: str | None = Field(default=None, pattern=r"^([0-9A-Z][0-9A-Z._-]{0,53})?$")
    licence_no: str | None = Field(default=None, min_length=1, max_length=60)
    licence_until: date | None = None
    scopes: Scopes | None = None
    expertise: Expertise | None = None
    state: InspectorState | None = None
    region: KnownRegion | None = Field(default=None, description="place of work")
    identity_number: IdentityNumber | None = Field(
        default=None, description="居民身份证号; absent: stays as it is; null: no longer kept"
    )


class InspectorView(InspectorFields):
    """An inspector; the identity number masked."""

    code: str
    org: str
    region: str
    crew: str
    identity_masked: str = Field(examples=["410*************3X"])
    identity_number: str | None = Field(default=None, description="only with `reveal=true`, to its keeper")
    version: int


class RecusalBody(BaseModel):
    """An object that the inspector must not inspect."""

    model_config = ConfigDict(extra="forbid")

    object_id: ObjectId
    reason: RecusalReason
    note: str = Field(default="", max_length=1000)


class RecusalView(RecusalBody):
    """A recorded recusal."""

    inspector: str
    ground: str = Field(description="the ground in words", examples=["与检查对象有利害关系"])
    clause: str = Field(examples=["《劳动保障监察条例》第十六条第二款"])
    recorded_by: str
    recorded_at: datetime


class AddressBody(BaseModel):
    """Where an inspector lives; it is never shown again, only compared."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(max_length=300, description="住址; empty: no longer known", examples=["中州中路1号"])


def view(row: Inspector, identity_number: str | None = None) -> InspectorView:
    """Show an inspector."""
    shown = {name: getattr(row, name) for name in InspectorView.model_fields if name != "identity_number"}
    return InspectorView.model_validate(shown | {"identity_number": identity_number})
