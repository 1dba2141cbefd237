"""What the organisation endpoints take and answer."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from suicha_chassis.regions import region_name
from suicha_contracts.values import RegionCode

RidCode = Annotated[
    str,
    Field(pattern=r"^[0-9A-Z][0-9A-Z._-]{0,53}$", description="id as RID/1 §1 allows", examples=["LDJC"]),
]
OrgCode = Annotated[
    str,
    Field(pattern=r"^[0-9]{6}-[a-z0-9-]{1,40}$", description="region and letters", examples=["410300-rsj"]),
]


def _known(code: str) -> str:
    if not region_name(code):
        raise ValueError("行政区划代码不存在（GB/T 2260）")
    return code


KnownRegion = Annotated[RegionCode, AfterValidator(_known)]


class Department(BaseModel):
    """A department (处室、股室) and the crew that its inspectors form."""

    model_config = ConfigDict(extra="forbid")

    code: RidCode
    name: str = Field(min_length=1, max_length=100, examples=["劳动保障监察支队"])
    crew: RidCode


Departments = Annotated[list[Department], Field(max_length=200)]


def _distinct(departments: list[Department]) -> list[Department]:
    codes = [one.code for one in departments]
    if len(set(codes)) != len(codes):
        raise ValueError("处室编码重复")
    return departments


class GroupRole(StrEnum):
    """A part in the leading group (领导小组, S1 三（一）)."""

    HEAD = "head"
    """组长"""
    DEPUTY = "deputy"
    """副组长"""
    MEMBER = "member"
    """成员"""
    OFFICE = "office"
    """办公室"""


class GroupMember(BaseModel):
    """Somebody, or the department that is the office, of the leading group."""

    model_config = ConfigDict(extra="forbid")

    role: GroupRole
    name: str = Field(min_length=1, max_length=100, description="a person, or the office's department")
    post: str = Field(default="", max_length=100, examples=["局党组成员、副局长"])


class Responsibility(BaseModel):
    """Who leads a matter and who is responsible (牵头股室、责任股室, S1 二)."""

    model_config = ConfigDict(extra="forbid")

    matter: str = Field(
        min_length=1,
        max_length=40,
        description="a code of the ruleset's due dates, or words of one's own",
        examples=["registries_complete"],
    )
    lead: RidCode = Field(description="牵头股室, code of a department")
    responsible: list[RidCode] = Field(default_factory=list, max_length=200, description="责任股室")
    clause: str = Field(default="", max_length=300, examples=["S1 二（一）"])


LeadingGroup = Annotated[list[GroupMember], Field(max_length=100)]
Responsibilities = Annotated[list[Responsibility], Field(max_length=200)]


class OrganisationBody(BaseModel):
    """A new organisation."""

    model_config = ConfigDict(extra="forbid")

    code: OrgCode
    name: str = Field(min_length=1, max_length=200, examples=["洛阳市人力资源和社会保障局"])
    region: KnownRegion
    departments: Annotated[Departments, AfterValidator(_distinct)] = Field(default_factory=list)
    leading_group: LeadingGroup = Field(default_factory=list, description="领导小组")
    responsibilities: Responsibilities = Field(default_factory=list)


class OrganisationPatch(BaseModel):
    """What may change."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=200)
    departments: Annotated[Departments, AfterValidator(_distinct)] | None = None
    leading_group: LeadingGroup | None = None
    responsibilities: Responsibilities | None = None


class OrganisationView(OrganisationBody):
    """An organisation."""

    version: int
