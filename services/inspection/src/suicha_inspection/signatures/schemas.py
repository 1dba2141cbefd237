"""What the signature endpoint takes."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from suicha_inspection.fields import Line, Words


class SignatureRole(StrEnum):
    """Who signs."""

    OFFICER = "officer"
    """执法检查人员; signs only as himself."""
    REPRESENTATIVE = "representative"
    """法定代表人（负责人）或授权人."""
    WITNESS = "witness"
    """见证人."""


class SignatureState(StrEnum):
    """The four states of a signature (E8, S3 Art. 10)."""

    SIGNED = "signed"
    SEALED = "sealed"
    """盖章."""
    REFUSED = "refused"
    ABSENT = "absent"


_ALLOWED: dict[SignatureRole, tuple[SignatureState, ...]] = {
    SignatureRole.OFFICER: (SignatureState.SIGNED,),
    SignatureRole.REPRESENTATIVE: tuple(SignatureState),
    SignatureRole.WITNESS: (SignatureState.SIGNED, SignatureState.ABSENT),
}


class SignatureBody(BaseModel):
    """A signature, or why there is none."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"role": "officer", "state": "signed"},
                {"role": "representative", "state": "refused", "reason": "负责人阅看后拒绝签字"},
                {"role": "witness", "state": "signed", "name": "社区工作人员"},
            ]
        },
    )

    role: SignatureRole
    state: SignatureState
    name: Line = Field(default="", description="as signed; an officer's comes from the roster")
    reason: Words = Field(default="", description="required when refused or absent")

    @model_validator(mode="after")
    def _consistent(self) -> "SignatureBody":
        if self.state not in _ALLOWED[self.role]:
            raise ValueError("该身份不能使用这种签名状态")
        if self.state in (SignatureState.REFUSED, SignatureState.ABSENT) and not self.reason:
            raise ValueError("未签名的，应注明原因")
        taken = self.state in (SignatureState.SIGNED, SignatureState.SEALED)
        if taken and self.role is not SignatureRole.OFFICER and not self.name:
            raise ValueError("应写明签名人姓名")
        return self
