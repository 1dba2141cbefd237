"""Settings of the public website, all from environment variables named SITE_*."""

import base64
import binascii
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_SECRET_BYTES = 24


class Settings(BaseSettings):
    """What the website must know to start.

    Raises:
        pydantic.ValidationError: the push secret is missing, not base64, or shorter than 24 bytes.
    """

    model_config = SettingsConfigDict(env_prefix="SITE_", env_file=".env", extra="ignore")

    database: Path = Field(default=Path("site.sqlite3"), description="the SQLite file; made when missing")
    push_secret: SecretStr = Field(description="base64 of at least 24 bytes, shared with the adapter")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8090, ge=0, le=65535, description="port to listen on")
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="loopback port for Prometheus metrics; 0 switches them off"
    )
    draw_base_url: str = Field(
        default="http://127.0.0.1:8080", description="gateway address that proof bundles are downloaded from"
    )

    @field_validator("push_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        try:
            decoded = base64.b64decode(value.get_secret_value(), validate=True)
        except binascii.Error as error:
            raise ValueError("SITE_PUSH_SECRET 须为 base64 文本") from error
        if len(decoded) < _SECRET_BYTES:
            raise ValueError(f"SITE_PUSH_SECRET 解码后至少 {_SECRET_BYTES} 字节")
        return value

    @field_validator("draw_base_url")
    @classmethod
    def _an_http_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("SITE_DRAW_BASE_URL 须以 http:// 或 https:// 开头")
        return value.rstrip("/")

    @property
    def secret_bytes(self) -> bytes:
        """The shared secret, decoded. MUST NOT be logged."""
        return base64.b64decode(self.push_secret.get_secret_value())
