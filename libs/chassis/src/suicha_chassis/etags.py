"""Optimistic locking by ETag and If-Match (RFC 9110 §8.8.3, §13.1.1). The tag is the row's version number."""

from fastapi import Request, Response

from suicha_chassis.problems import MatchRequired, StaleVersion


def set_etag(response: Response, version: int) -> None:
    """Put the version of what is answered into the ETag header."""
    response.headers["ETag"] = f'"{version}"'


def require_match(request: Request, version: int) -> None:
    """Check the If-Match header of an edit against the current version.

    Raises:
        MatchRequired: the header is missing.
        StaleVersion: the caller edits an older version.
    """
    offered = request.headers.get("if-match")
    if offered is None:
        raise MatchRequired()
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in offered.split(",")}
    if "*" not in tags and str(version) not in tags:
        raise StaleVersion(headers={"ETag": f'"{version}"'})
