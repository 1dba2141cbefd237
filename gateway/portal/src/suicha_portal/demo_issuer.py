"""The demo issuer: signs users of a file in without a password. For local use only, refused in production."""

import base64
import hashlib
import hmac
import json
import os
import re
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from suicha_contracts.roles import Role

from suicha_portal.settings import PortalSettings

INSPECTOR_ID = re.compile(r"[A-Z]{2,6}[0-9]{2,4}")
INSPECTOR_PREFIX = "inspector:"
_HOMES = {"LY": ("410300-rsj", "410300"), "RZ": ("410482-rsj", "410482")}
"""Where inspectors belong, by the first two letters of their id."""


class UnknownUserError(Exception):
    """There is no such demo user, or its secret is wrong."""


class DemoUser(BaseModel):
    """Whom the issuer can sign in. The empty region is the whole country, for our own services only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str = Field(examples=["planner"])
    name: str
    roles: list[Role]
    org: str
    region: str = Field(pattern=r"^([1-9][0-9]{5})?$")
    inspector: str = Field(default="", description="inspector id, where the user is one")

    @property
    def needs_secret(self) -> bool:
        """Service accounts do; people of a demonstration do not."""
        return Role.SERVICE in self.roles


class DemoIssuer:
    """Holds the key and the users, and signs tokens (RFC 7519, ES256)."""

    def __init__(self, settings: PortalSettings) -> None:
        self._settings = settings
        self._key = _key_in(settings.key_file)
        listed = yaml.safe_load(settings.users_file.read_text(encoding="utf-8"))
        self._users = {user.user: user for user in TypeAdapter(list[DemoUser]).validate_python(listed)}

    @property
    def users(self) -> list[DemoUser]:
        """The users of the file; inspectors come on top, see `find`."""
        return list(self._users.values())

    def jwks(self) -> dict[str, Any]:
        """Return the public key as a JWK set (RFC 7517)."""
        return {"keys": [_public_jwk(self._key)]}

    def find(self, user: str) -> DemoUser:
        """Return a user of the file, or `inspector:<ID>` for any id whose first letters name its home.

        Raises:
            UnknownUserError: neither.
        """
        if user in self._users:
            return self._users[user]
        inspector = user.removeprefix(INSPECTOR_PREFIX)
        home = _HOMES.get(inspector[:2])
        if inspector == user or home is None or not INSPECTOR_ID.fullmatch(inspector):
            raise UnknownUserError(user)
        return DemoUser(
            user=user,
            name=f"检查员 {inspector}",
            roles=[Role.INSPECTOR],
            org=home[0],
            region=home[1],
            inspector=inspector,
        )

    def token(self, user: str, secret: str = "") -> str:
        """Sign a user in.

        Raises:
            UnknownUserError: no such user, or a service account without the right secret.
        """
        found = self.find(user)
        expected = self._settings.service_secret.get_secret_value()
        if found.needs_secret and not (expected and hmac.compare_digest(expected.encode(), secret.encode())):
            raise UnknownUserError(user)
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self._settings.issuer,
            "aud": self._settings.audience,
            "sub": found.user,
            "name": found.name,
            "roles": [role.value for role in found.roles],
            "org": found.org,
            "region": found.region,
            "iat": now,
            "exp": now + self._settings.token_seconds,
            "jti": str(uuid.uuid4()),
        }
        if found.inspector:
            claims["inspector"] = found.inspector
        return jwt.encode(claims, self._key, "ES256", headers={"kid": _public_jwk(self._key)["kid"]})


def _key_in(file: Path) -> ec.EllipticCurvePrivateKey:
    """Read the key, or make it. Nobody but the owner may read the file; of two that start at once one wins.

    Raises:
        PermissionError: others can read the key.
    """
    if not file.exists():
        _make_key(file)
    if file.stat().st_mode & 0o077:
        raise PermissionError(f"签名密钥文件 {file} 可被他人读取，请执行 chmod 600")
    key = load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(f"签名密钥文件 {file} 不是 P-256 私钥")
    return key


def _make_key(file: Path) -> None:
    """Write the whole key beside its place, then link it there: the file is complete as soon as it exists."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    draft = file.with_name(f"{file.name}.{uuid.uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
        try:
            os.link(draft, file)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    point = {
        "crv": "P-256",
        "kty": "EC",
        "x": _base64url(numbers.x.to_bytes(32)),
        "y": _base64url(numbers.y.to_bytes(32)),
    }
    # RFC 7638: the id of a key is the hash of its members in this order.
    thumbprint = hashlib.sha256(json.dumps(point, separators=(",", ":")).encode()).digest()
    return point | {"kid": _base64url(thumbprint), "alg": "ES256", "use": "sig"}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
