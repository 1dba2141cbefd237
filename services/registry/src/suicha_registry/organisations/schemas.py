"""What the organisation endpoints take and answer."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from suicha_contracts.values import RegionCode

from suicha_registry.regions import region_name

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


class OrganisationBody(BaseModel):
    """A new organisation."""

    model_config = ConfigDict(extra="forbid")

    code: OrgCode
    name: str = Field(min_length=1, max_length=200, examples=["洛阳市人力资源和社会保障局"])
    region: KnownRegion
    departments: Annotated[Departments, AfterValidator(_distinct)] = Field(default_factory=list)


class OrganisationPatch(BaseModel):
    """What may change."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=200)
    departments: Annotated[Departments, AfterValidator(_distinct)] | None = None


class OrganisationView(OrganisationBody):
    """An organisation."""

    version: int
