"""What the import endpoints take and answer."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.values import SHA256

from suicha_registry.imports.models import Import
from suicha_registry.organisations.schemas import KnownRegion


class ImportKind(StrEnum):
    """What the rows of a file are."""

    SUBJECTS = "subjects"
    INSPECTORS = "inspectors"
    ITEMS = "items"
    ORGANISATIONS = "organisations"


class ImportBody(BaseModel):
    """An uploaded file to import. CSV or XLSX, gzipped or not, is found out from its content."""

    model_config = ConfigDict(extra="forbid")

    upload_sha256: SHA256
    kind: ImportKind
    file_name: str = Field(default="", max_length=300, description="shown as the source of changes")
    region_default: KnownRegion | None = Field(
        default=None, description="region of rows that name none and have no credit code"
    )
    dry_run: bool = Field(default=False, description="count and report, change nothing")


class ImportView(BaseModel):
    """An import. When done: read = accepted + changed + unchanged + refused."""

    id: UUID
    kind: ImportKind
    upload_sha256: SHA256
    file_name: str
    dry_run: bool
    state: str = Field(description="received | running | done | failed")
    error: str = Field(description="why it failed, in Chinese")
    read: int = Field(description="rows read so far")
    accepted: int = Field(description="new rows")
    changed: int
    unchanged: int
    refused: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def view(row: Import) -> ImportView:
    """Show an import."""
    shown = {name: getattr(row, name) for name in ImportView.model_fields if name != "read"}
    return ImportView.model_validate(shown | {"read": row.rows_read})
