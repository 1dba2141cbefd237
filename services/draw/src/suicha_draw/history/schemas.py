"""What is said over HTTP about imports of earlier inspections."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.values import SHA256


class HistoryImportRequest(BaseModel):
    """A file of earlier inspections, uploaded before under its hash (`PUT /registry/v1/uploads/{sha256}`)."""

    model_config = ConfigDict(extra="forbid")

    upload_sha256: SHA256
    source: str = Field(
        min_length=1, max_length=300, description="where the file comes from; kept and shown",
        examples=["2024、2025 年度抽查台账"],
    )  # fmt: skip
    authority: str = Field(
        default="", max_length=200, description="检查机关 of rows that name none; empty: the caller's"
    )


class HistoryImportView(BaseModel):
    """How an import stands: received → checked → confirmed → done, or failed with its fault."""

    id: UUID
    state: str
    upload_sha256: str
    source: str
    authority: str
    read: int = Field(description="rows of the file")
    added: int = Field(description="inspections that the history did not know")
    changed: int = Field(description="known ones of which the file says something else")
    unchanged: int
    refused: int = Field(description="rows with a problem; they are listed and left out")
    fault: str = Field(description="why the file cannot be read at all")
    created_by: str
    created_at: datetime
    confirmed_by: str | None
    version: int


class HistoryProblemView(BaseModel):
    """One row that is left out, and why."""

    line: int = Field(description="line of the file, from 1, the header being the first")
    code: str = Field(examples=["date_invalid"])
    message: str
