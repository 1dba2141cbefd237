"""Plans and their tasks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from suicha_chassis.ids import uuid7
from suicha_chassis.scope import OrgScoped

from suicha_draw.models.base import Base, Document


class Plan(OrgScoped, Base):
    """A yearly plan (年度抽查工作计划; S2 Art. 14, S4 annex)."""

    __tablename__ = "plans"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    year: Mapped[int]
    number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(Text)
    org_name: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    ruleset_id: Mapped[str] = mapped_column(String(64))
    ruleset_version: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    created_by: Mapped[str] = mapped_column(String(200))
    author: Mapped[str] = mapped_column(String(200))
    """Whoever submitted it last; until then, whoever created it."""
    editors: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Everybody who created, changed or submitted it or a task of it: none of them may approve it."""
    approved_by: Mapped[str] = mapped_column(String(200), default="")
    remark: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    submitted_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    public_version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    """Version that the public reads: 0 before publication, one more with each adjustment (P5)."""
    version: Mapped[int] = mapped_column(Integer)
    __mapper_args__ = {  # noqa: RUF012 - read by SQLAlchemy
        "version_id_col": version
    }
    __table_args__ = (UniqueConstraint("org", "year", "number"),)


class Task(OrgScoped, Base):
    """One row of a plan; `content` is the `TaskContent` that was entered."""

    __tablename__ = "tasks"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"))
    number: Mapped[str] = mapped_column(String(20))
    content: Mapped[Document]
    state: Mapped[str] = mapped_column(String(20), default="planned", server_default=text("'planned'"))
    """`planned`, or `withdrawn` by an adjustment; a withdrawn task is never drawn."""
    version: Mapped[int] = mapped_column(Integer)
    __mapper_args__ = {  # noqa: RUF012 - read by SQLAlchemy
        "version_id_col": version
    }
    __table_args__ = (UniqueConstraint("plan_id", "number"),)


class PlanVersion(OrgScoped, Base):
    """A plan as it was public from a moment on: `document` is a `PublishedPlan`. Append-only (P5)."""

    __tablename__ = "plan_versions"
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    published_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text, default="")
    document: Mapped[Document]


class PlanAdjustment(OrgScoped, Base):
    """An adjustment of a published plan: who wants what changed and why, and who approved it (S1 (二))."""

    __tablename__ = "plan_adjustments"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default="submitted")
    """`submitted`, then `published` or `returned`."""
    reason: Mapped[str] = mapped_column(Text)
    changes: Mapped[list[Any]]
    requested_by: Mapped[str] = mapped_column(String(200))
    decided_by: Mapped[str] = mapped_column(String(200), default="")
    remark: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    decided_at: Mapped[datetime | None]
    public_version: Mapped[int | None]
    __table_args__ = (
        Index(
            "uq_plan_adjustments_open", "plan_id", unique=True, postgresql_where=text("state = 'submitted'")
        ),
    )
