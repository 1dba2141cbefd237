"""Taking in uploaded files, holding those that are named, and forgetting those that must not or need not be kept."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.files import FileStore
from suicha_chassis.problems import Fault
from suicha_contracts.values import FileRef

from suicha_registry.problems import UploadUnknown
from suicha_registry.uploads.models import Upload

KEPT_DAYS = 7
"""Days for which an upload waits to be imported."""

_DUE = sql.SQL(
    "NOT EXISTS (SELECT FROM imports i WHERE i.upload_sha256 = u.sha256 AND i.state IN ('received', 'checking')) "
    "AND (EXISTS (SELECT FROM imports i WHERE i.upload_sha256 = u.sha256 AND i.personal "
    "AND i.created_at >= u.uploaded_at) "
    "OR NOT u.kept AND u.uploaded_at < now() - make_interval(days => %(days)s) "
    "AND NOT EXISTS (SELECT FROM imports i WHERE i.upload_sha256 = u.sha256 AND NOT i.personal))"
)
_FIND = sql.SQL("SELECT u.sha256 FROM uploads u WHERE {}").format(_DUE)
_HOLD = "SELECT FROM uploads WHERE sha256 = %(sha256)s FOR UPDATE SKIP LOCKED"
_FORGET = sql.SQL("DELETE FROM uploads u WHERE u.sha256 = %(sha256)s AND {}").format(_DUE)


async def take(
    session: AsyncSession,
    caller: Caller,
    files: FileStore,
    stream: AsyncIterator[bytes],
    sha256: str,
    limit: int,
) -> FileRef:
    """Store an uploaded file and note that it came. A file of our own services that lies there already is theirs.

    Raises:
        TooLarge, Invalid: it is larger than `limit` bytes, or has another hash.
    """
    again = {"uploaded_at": func.now(), "uploaded_by": caller.subject}
    comes = insert(Upload).values(sha256=sha256, uploaded_by=caller.subject)
    comes = comes.on_conflict_do_update(index_elements=["sha256"], set_=again)
    came = update(Upload).where(Upload.sha256 == sha256).values(again).returning(Upload.sha256)

    async def note() -> None:
        if await session.scalar(came) is None and not await files.exists(sha256):
            await session.execute(comes)
            # A process that dies when the file stands and its row is not committed would leave it there for ever.
            await session.commit()
            await session.execute(comes)

    return await files.put_stream(stream, sha256, limit, first=note)


async def require(
    session: AsyncSession, files: FileStore, sha256: str, *, where: str, what: str = "文件"
) -> None:
    """See that a file lies in the store, and that it stays there until this transaction has ended.

    Raises:
        UploadUnknown: it was not uploaded; the fault says `where` it is named.
    """
    held = select(Upload.sha256).where(Upload.sha256 == sha256)
    await session.execute(held.with_for_update(key_share=True, read=True))
    if not await files.exists(sha256):
        message = f"{what}尚未上传，请先 PUT /registry/v1/uploads/{{sha256}}"
        raise UploadUnknown(message, faults=[Fault(where=where, code=UploadUnknown.code, message=message)])


async def keep(
    session: AsyncSession, files: FileStore, sha256: str, *, where: str, what: str = "文件"
) -> None:
    """See that a file lies in the store, and have it stay for good: the record names it.

    Raises:
        UploadUnknown: it was not uploaded; the fault says `where` it is named.
    """
    await session.execute(update(Upload).where(Upload.sha256 == sha256).values(kept=True))
    await require(session, files, sha256, where=where, what=what)


async def forget(connection: psycopg.AsyncConnection[Any], files: FileStore) -> None:
    """Remove files with identity numbers in clear once they are read, and uploads that nobody imported in time.

    A file goes before its row is gone for others, so that a process that dies in between leaves nothing. A file that
    came again after it was read waits for its own import. What somebody holds is left for the next time.
    """
    due = await connection.execute(_FIND, {"days": KEPT_DAYS})
    for (sha256,) in await due.fetchall():
        named = {"sha256": sha256, "days": KEPT_DAYS}
        async with connection.transaction():
            held = await connection.execute(_HOLD, named)
            if held.rowcount == 0:
                continue
            # Looked at again now that nobody else can bring it or name it: what was found due may have come anew.
            gone = await connection.execute(_FORGET, named)
            if gone.rowcount:
                await files.remove(sha256)
