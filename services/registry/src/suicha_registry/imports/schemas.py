"""What the import endpoints take and answer."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.values import SHA256

from suicha_registry.imports.models import Import, ImportRefusal
from suicha_registry.organisations.schemas import KnownRegion
from suicha_registry.tables.columns import Standing


class ImportKind(StrEnum):
    """What the rows of a file are."""

    SUBJECTS = "subjects"
    INSPECTORS = "inspectors"
    ITEMS = "items"
    ORGANISATIONS = "organisations"
    EXPERTS = "experts"
    FORMS = "forms"
    """One row a question."""


class ImportMode(StrEnum):
    """Whether somebody looks before anything is written."""

    PREVIEW = "preview"
    DIRECT = "direct"
    """For machines: apply what was checked at once."""


class ImportState(StrEnum):
    """Where an import stands."""

    RECEIVED = "received"
    CHECKING = "checking"
    CHECKED = "checked"
    """Counted and reported; nothing is written until it is confirmed."""
    CONFIRMED = "confirmed"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"
    DISCARDED = "discarded"


class ImportBody(BaseModel):
    """An uploaded file to import. CSV or XLSX, gzipped or not, is found out from its content."""

    model_config = ConfigDict(extra="forbid")

    upload_sha256: SHA256
    kind: ImportKind
    mode: ImportMode = ImportMode.PREVIEW
    file_name: str = Field(default="", max_length=300, description="shown as the source of changes")
    region_default: KnownRegion | None = Field(
        default=None, description="region of rows that name none and have no credit code"
    )
    headers: dict[
        Annotated[str, Field(min_length=1, max_length=100)], Annotated[str, Field(max_length=60)]
    ] = Field(
        default_factory=dict,
        max_length=100,
        description="fields for headers of the file that are not known, or mean something else here",
        examples=[{"信用码": "id"}],
    )


class ColumnView(BaseModel):
    """What a column of the file was taken for."""

    title: str = Field(examples=["社会信用代码"])
    standing: Standing = Field(
        description="read | told (exports only, not imported) | doubled (another column was taken) | unknown"
    )
    field: str = Field(description="the field that it means; empty if unknown", examples=["id"])
    suggestions: list[str] = Field(description="headers that an unknown one may have been meant for")


class ImportView(BaseModel):
    """An import. When checked or done: read = accepted + changed + unchanged + refused.

    While it is checked the counts say what confirming would do; when it is done, what it did.
    """

    id: UUID
    kind: ImportKind
    mode: ImportMode
    upload_sha256: SHA256
    file_name: str
    state: ImportState
    error: str = Field(description="why it failed, in Chinese")
    columns: list[ColumnView] = Field(description="in the order of the file")
    read: int = Field(description="rows read so far")
    total: int = Field(description="rows of the file, about, while it is read; 0 if not known yet")
    accepted: int = Field(description="new rows")
    changed: int
    unchanged: int
    refused: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    confirmed_by: str
    confirmed_at: datetime | None
    finished_at: datetime | None


class FaultView(BaseModel):
    """One thing that is wrong with a row."""

    column: str = Field(description="header; empty if the row as a whole is wrong", examples=["注册日期"])
    code: str = Field(examples=["date_invalid"])
    message: str = Field(examples=["日期“2001-02-30”不正确，应为 YYYY-MM-DD"])


class RefusedRow(BaseModel):
    """A row that is not imported, with everything that is wrong with it."""

    line: int = Field(description="line of the file on which the row begins, from 1")
    faults: list[FaultView]
    row: list[str] = Field(description="the row as it stood in the file; identity numbers hidden")


class ChangedRow(BaseModel):
    """A row that is new, or changes what is registered."""

    line: int
    key: str = Field(description="credit code or code", examples=["91410300MA3X93BJ5X"])
    before: dict[str, Any] | None = Field(description="fields that would change, as they are; null if new")
    after: dict[str, Any] = Field(description="as they would be")


def view(row: Import) -> ImportView:
    """Show an import."""
    other = {"read": row.rows_read, "total": row.rows_total}
    shown = {name: getattr(row, name) for name in ImportView.model_fields if name not in other}
    return ImportView.model_validate(shown | other)


def refused_view(row: ImportRefusal) -> RefusedRow:
    """Show a refused row."""
    return RefusedRow(
        line=row.line, faults=[FaultView.model_validate(one) for one in row.faults], row=row.raw
    )
