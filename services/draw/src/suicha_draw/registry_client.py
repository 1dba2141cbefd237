"""The one call to another service: registry freezes the lists of a round, writes the dossiers, counts overlaps.

The only HTTP client of draw. Calls are safe to repeat: each carries an Idempotency-Key derived from its request.
"""

import time
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from pydantic import BaseModel, ValidationError
from suicha_chassis.bus import TransientError
from suicha_contracts.freeze import DossierRequest, Snapshot, SnapshotRequest, Survey, SurveyRequest
from suicha_contracts.values import FileRef

from suicha_draw.settings import Settings

M = TypeVar("M", bound=BaseModel)

_TIMEOUT = httpx.Timeout(300.0, connect=5.0)
_RENEW_BEFORE = 30.0
TOO_LONG = "survey_too_long"
"""Registry's code for a survey that it gave up in the time it was given: to ask again at once is of no use."""


class RegistryRefusedError(Exception):
    """Registry will not freeze this; `code` and `detail` are its problem document's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class RegistryClient:
    """Speaks to registry as svc-draw."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._token = settings.registry_token.get_secret_value()
        self._expires = float("inf") if self._token else 0.0

    async def snapshot(self, wanted: SnapshotRequest) -> Snapshot:
        """Freeze lists, inspectors and recusals. The same request always gives the same snapshot.

        Raises:
            TransientError: registry does not answer, or answers with a fault of its own.
            RegistryRefusedError: registry refuses; nothing was frozen.
        """
        answer = await self._post(
            "/registry/v1/snapshots", wanted.model_dump(mode="json"), str(wanted.request_id)
        )
        return _read(Snapshot, answer)

    async def survey(self, wanted: SurveyRequest) -> Survey:
        """Have registry count how lists overlap; nothing is frozen.

        Raises:
            TransientError: registry does not answer, or answers with a fault of its own.
            RegistryRefusedError: registry cannot read one of the lists, or gave up counting (`TOO_LONG`).
        """
        body = wanted.model_dump(mode="json")
        return _read(Survey, await self._post("/registry/v1/snapshots/survey", body, uuid4().hex))

    async def dossiers(self, snapshot_id: UUID, ids: FileRef) -> FileRef:
        """Have the dossiers of the drawn objects written, as they were when the snapshot was taken.

        Raises:
            TransientError: registry does not answer, or answers with a fault of its own.
            RegistryRefusedError: registry refuses.
        """
        body = DossierRequest(ids=ids).model_dump(mode="json")
        path = f"/registry/v1/snapshots/{snapshot_id}/dossiers"
        return _read(FileRef, await self._post(path, body, f"dossiers-{snapshot_id}-{ids.sha256}"))

    async def _post(self, path: str, body: Mapping[str, Any], key: str) -> httpx.Response:
        async with httpx.AsyncClient(
            base_url=self._settings.registry_url, timeout=_TIMEOUT, trust_env=False
        ) as http:
            try:
                headers = {"Authorization": f"Bearer {await self._bearer(http)}", "Idempotency-Key": key}
                answer = await http.post(path, json=body, headers=headers)
            except httpx.HTTPError as error:
                raise TransientError(f"registry: {error!r}") from error
        if answer.status_code == 401:
            self._forget_token()
        if answer.status_code == 503 and _problem(answer).get("code") == TOO_LONG:
            raise RegistryRefusedError(TOO_LONG, str(_problem(answer).get("detail", "")))
        if answer.status_code >= 500 or answer.status_code in {401, 408, 429}:
            raise TransientError(f"registry answers {answer.status_code}")
        if answer.status_code >= 400:
            problem = _problem(answer)
            if problem.get("code") == "request_in_flight":
                raise TransientError("registry is still working on the same request")
            raise RegistryRefusedError(
                str(problem.get("code", "registry_refused")),
                str(problem.get("detail", f"注册库拒绝了冻结请求（{answer.status_code}）")),
            )
        return answer

    async def _bearer(self, http: httpx.AsyncClient) -> str:
        if time.time() < self._expires - _RENEW_BEFORE:
            return self._token
        secret = self._settings.service_secret.get_secret_value()
        answer = await http.post(self._settings.token_url, json={"user": "svc-draw", "secret": secret})
        answer.raise_for_status()
        granted = answer.json()
        self._token = str(granted["access_token"])
        self._expires = time.time() + float(granted.get("expires_in", 300))
        return self._token

    def _forget_token(self) -> None:
        if not self._settings.registry_token.get_secret_value():
            self._token, self._expires = "", 0.0


def _problem(answer: httpx.Response) -> dict[str, Any]:
    found = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    return found if isinstance(found, dict) else {}


def _read(kind: type[M], answer: httpx.Response) -> M:
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise TransientError(f"registry's answer is not a {kind.__name__}") from error
