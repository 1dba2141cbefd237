"""The shared file store: every file lies under the SHA-256 of its bytes, and never changes.

The only importer of the object store. A put is complete or absent; putting the same bytes twice is once.
"""

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import NotFoundError as StoreNotFoundError
from obstore.store import LocalStore, ObjectStore, from_url
from suicha_contracts.values import FileRef

from suicha_chassis.problems import Invalid, NotFound, TooLarge

CHUNK = 1 << 20
_RANGE = 8 * CHUNK
"""What is read of a bucket, or written to it, at once."""


def _key(sha256: str) -> str:
    return f"sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"


class FileStore:
    """Files by hash, in a local directory or a bucket."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "file":
            root = Path(parts.path)
            root.mkdir(parents=True, exist_ok=True)
            self._store: ObjectStore = LocalStore(root)
        else:
            self._store = from_url(url)

    async def exists(self, sha256: str) -> bool:
        """Tell whether a file with this hash is stored."""
        try:
            await obstore.head_async(self._store, _key(sha256))
        except (FileNotFoundError, StoreNotFoundError):
            return False
        return True

    async def put(
        self, data: bytes, media_type: str = "application/octet-stream", rows: int | None = None
    ) -> FileRef:
        """Store bytes that fit into memory."""
        digest = hashlib.sha256(data).hexdigest()
        if not await self.exists(digest):
            await obstore.put_async(self._store, _key(digest), data)
        return FileRef(sha256=digest, size=len(data), rows=rows, media_type=media_type)

    async def put_path(
        self, path: Path, media_type: str = "application/octet-stream", rows: int | None = None
    ) -> FileRef:
        """Store a file of any size; the file itself stays where it is."""
        digest, size = await asyncio.to_thread(_hash_file, path)
        await self._keep(path, digest)
        return FileRef(sha256=digest, size=size, rows=rows, media_type=media_type)

    async def _keep(self, path: Path, sha256: str) -> None:
        if not await self.exists(sha256):
            await obstore.put_async(self._store, _key(sha256), path, chunk_size=_RANGE)

    async def put_stream(
        self,
        stream: AsyncIterator[bytes],
        expected_sha256: str,
        limit: int,
        media_type: str = "application/octet-stream",
        *,
        first: Callable[[], Awaitable[None]] | None = None,
    ) -> FileRef:
        """Store an upload that must have the hash that its sender names; `first` is awaited when all of it has come.

        Raises:
            TooLarge: more than `limit` bytes came.
            Invalid: the bytes have another hash.
        """
        size = 0

        async def within() -> AsyncIterator[bytes]:
            nonlocal size
            async for piece in stream:
                size += len(piece)
                if size > limit:
                    raise TooLarge(f"文件超过上限 {limit // CHUNK} MiB")
                yield piece

        with tempfile.TemporaryDirectory(prefix="suicha-upload-") as folder:
            path = Path(folder) / "upload"
            if await _written(within(), path) != expected_sha256:
                raise Invalid("文件内容与所给 SHA-256 不一致，请重新上传", code_hint="hash_mismatch")
            if first is not None:
                await first()
            await self._keep(path, expected_sha256)
        return FileRef(sha256=expected_sha256, size=size, rows=None, media_type=media_type)

    async def remove(self, sha256: str) -> None:
        """Forget a file that must not be kept: an upload with personal data that was taken in."""
        with contextlib.suppress(FileNotFoundError, StoreNotFoundError):
            await obstore.delete_async(self._store, _key(sha256))

    async def read(self, ref: FileRef | str) -> bytes:
        """Return a whole file and check its hash.

        Raises:
            NotFound: it is not stored.
            Invalid: the stored bytes were changed.
        """
        sha256 = ref if isinstance(ref, str) else ref.sha256
        try:
            answer = await obstore.get_async(self._store, _key(sha256))
            data = bytes(await answer.bytes_async())
        except (FileNotFoundError, StoreNotFoundError) as error:
            raise NotFound("文件不存在") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Invalid("存储的文件已损坏：哈希不一致")
        return data

    async def read_range(self, ref: FileRef | str, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end` of a file; its hash is not checked.

        Raises:
            NotFound: it is not stored.
        """
        sha256 = ref if isinstance(ref, str) else ref.sha256
        try:
            return bytes(await obstore.get_range_async(self._store, _key(sha256), start=start, end=end))
        except (FileNotFoundError, StoreNotFoundError) as error:
            raise NotFound("文件不存在") from error

    async def stream(self, ref: FileRef | str) -> AsyncIterator[bytes]:
        """Yield a file in chunks, for large downloads.

        Raises:
            NotFound: it is not stored.
        """
        sha256 = ref if isinstance(ref, str) else ref.sha256
        try:
            # The stream of an answer takes several times as long as a reader, which asks for one range after another.
            reader = await obstore.open_reader_async(self._store, _key(sha256), buffer_size=_RANGE)
            while chunk := await reader.read(CHUNK):
                yield bytes(chunk)
        except (FileNotFoundError, StoreNotFoundError) as error:
            raise NotFound("文件不存在") from error

    async def fetch(self, ref: FileRef | str, path: Path) -> Path:
        """Copy a file to a local path, checking its hash; return the path.

        Raises:
            NotFound: it is not stored.
            Invalid: the stored bytes were changed.
        """
        sha256 = ref if isinstance(ref, str) else ref.sha256
        if await _written(self.stream(sha256), path) != sha256:
            raise Invalid("存储的文件已损坏：哈希不一致")
        return path


async def _written(stream: AsyncIterator[bytes], path: Path) -> str:
    """Write a stream to a path and return its hash. A thread does both, for a mebibyte at a time: the loop goes on."""
    digest = hashlib.sha256()
    with path.open("wb") as out:

        def take(pieces: list[bytes]) -> None:
            for piece in pieces:
                digest.update(piece)
                out.write(piece)

        held, size = [], 0
        async for piece in stream:
            held.append(piece)
            size += len(piece)
            if size >= CHUNK:
                await asyncio.to_thread(take, held)
                held, size = [], 0
        take(held)
    return digest.hexdigest()


def _hash_file(path: Path) -> tuple[str, int]:
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256")
        return digest.hexdigest(), source.tell()
