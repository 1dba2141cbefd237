"""What a form is made of."""

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.freeze import PackageQuestion

from suicha_registry.organisations.schemas import RidCode


class FormBody(BaseModel):
    """A form, or the next version of one."""

    model_config = ConfigDict(extra="forbid")

    code: RidCode
    name: str = Field(min_length=1, max_length=200, examples=["人力资源市场监管领域部门联合抽查情况记录表"])
    clause: str = Field(default="", max_length=300, description="where the form comes from")
    extends: str = Field(
        default="",
        pattern=r"^([0-9A-Z][0-9A-Z._-]{0,53})?$",
        description="code of the base form (基础检查表) whose questions come first; own questions are added (R18)",
        examples=["S0-2"],
    )
    questions: list[PackageQuestion] = Field(
        min_length=1, max_length=200, description="of a published form: the base form's and the own ones"
    )
