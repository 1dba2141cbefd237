"""Endpoint for uploads."""

from typing import Annotated

from fastapi import Path, Request
from suicha_chassis.auth import Caller
from suicha_chassis.problems import TooLarge, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.values import FileRef

from suicha_registry.uploads import service

ROUTER = router(prefix="/registry/v1", tags=["imports"])


@ROUTER.put(
    "/uploads/{sha256}",
    summary="上传文件",
    response_model=FileRef,
    responses=problem_responses(TooLarge),
    openapi_extra={
        "x-idempotent": True,
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
async def upload_registry_file(
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes")],
    request: Request,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_IMPORT, Permission.REGISTRY_WRITE)],
) -> FileRef:
    """Store a file under its hash. The same bytes again are the same file.

    A file that is not imported is removed after seven days; one with identity numbers as soon as it is read. One
    that the record names (proof of a training, an approval on paper) stays.
    """
    runtime = request.app.state.runtime
    limit = runtime.settings.upload_limit
    return await service.take(session, caller, runtime.files, request.stream(), sha256, limit)
