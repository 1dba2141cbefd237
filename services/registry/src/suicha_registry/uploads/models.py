"""Table of uploaded files."""

from datetime import datetime

from sqlalchemy import DateTime, String, func
from sqlalchemy.orm import Mapped, mapped_column

from suicha_registry.base import Base


class Upload(Base):
    """A file that somebody uploaded. Nobody looks for it by itself: whoever knows its hash has its content.

    Whoever brings the file, names it or forgets it holds this row, so that the second of two sees what the first did.
    """

    __tablename__ = "uploads"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    uploaded_by: Mapped[str] = mapped_column(String(200))
    uploaded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    """When it came last; an import that was asked for earlier has read an earlier one."""
    kept: Mapped[bool] = mapped_column(default=False, server_default="false")
    """It proves something in the record: a training held, an approval on paper."""
