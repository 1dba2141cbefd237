"""Field types that requests here share."""

import re
from datetime import datetime
from typing import Annotated

from fastapi import Header, Path
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from suicha_contracts.values import ObjectId

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("含有不能保存的控制字符")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_printable)]
"""One line of text, at most 200 characters; may be empty."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), AfterValidator(_printable)]
"""Text that people write, at most 4,000 characters; may be empty."""

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=2, max_length=4000),
    AfterValidator(_printable),
    Field(description="why, in words"),
]


def _of_our_time(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError("时间不合理")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
"""A time with its offset, within the years in which anybody inspects."""

RecordNumber = Annotated[int, Path(ge=1, le=2**31 - 1, description="version of the record, from 1")]

InspectorId = ObjectId
"""Id of an inspector in the register (RID/1 §1)."""

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="ETag of the version that the caller edits")
]
"""Documents the header that `etags.require_match` reads."""
