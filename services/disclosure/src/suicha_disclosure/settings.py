"""Settings of the disclosure service; its own names begin with DISCLOSURE_."""

import base64
import binascii

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict
from suicha_chassis.settings import DatabaseSettings

_SECRET_BYTES = 24


class Settings(DatabaseSettings):
    """What the disclosure service must know to start.

    Raises:
        pydantic.ValidationError: DISCLOSURE_DATABASE_URL is missing, or the site's secret is too short.
    """

    model_config = SettingsConfigDict(populate_by_name=True)

    database_url: SecretStr = Field(
        validation_alias="DISCLOSURE_DATABASE_URL",
        description="PostgreSQL 18 or newer, as the service's own role",
    )
    database_owner_url: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="DISCLOSURE_DATABASE_OWNER_URL",
        description="role that owns the tables and migrates; defaults to DISCLOSURE_DATABASE_URL",
    )
    port: int = Field(
        default=8104, ge=0, le=65535, validation_alias="DISCLOSURE_PORT", description="port to listen on"
    )
    site_url: str = Field(
        default="",
        validation_alias="DISCLOSURE_SITE_URL",
        description="address of the public website; while empty, what it should get waits",
    )
    site_secret: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="DISCLOSURE_SITE_SECRET",
        description="base64 of at least 24 bytes, shared with the website (its SITE_PUSH_SECRET)",
    )
    credit_url: str = Field(
        default="",
        validation_alias="DISCLOSURE_CREDIT_URL",
        description="address of the credit platform; while empty, what it should get waits",
    )
    credit_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="DISCLOSURE_CREDIT_TOKEN",
        description="bearer token that the credit platform gave us",
    )
    push_seconds: float = Field(
        default=15.0,
        gt=0,
        le=300,
        validation_alias="DISCLOSURE_PUSH_SECONDS",
        description="longest time for one push, answer included",
    )
    push_concurrency: int = Field(
        default=8,
        ge=1,
        le=100,
        validation_alias="DISCLOSURE_PUSH_CONCURRENCY",
        description="pushes to one channel under way at once in one process",
    )
    retry_first_seconds: float = Field(
        default=1.0,
        gt=0,
        validation_alias="DISCLOSURE_RETRY_FIRST_SECONDS",
        description="pause after the first failed push; doubles with each further one",
    )
    retry_max_seconds: float = Field(
        default=7200.0,
        gt=0,
        validation_alias="DISCLOSURE_RETRY_MAX_SECONDS",
        description="longest pause between two pushes of one record",
    )
    reconcile_seconds: float = Field(
        default=3600.0,
        gt=0,
        validation_alias="DISCLOSURE_RECONCILE_SECONDS",
        description="pause between two comparisons with what a channel holds (DATA_CHECK)",
    )
    due_soon_days: int = Field(
        default=5,
        ge=0,
        validation_alias="DISCLOSURE_DUE_SOON_DAYS",
        description="calendar days before its deadline from which an unpublished result is listed as due",
    )

    @field_validator("site_url", "credit_url")
    @classmethod
    def _an_http_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("地址须以 http:// 或 https:// 开头")
        return value.rstrip("/")

    @field_validator("site_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value():
            return value
        try:
            decoded = base64.b64decode(value.get_secret_value(), validate=True)
        except binascii.Error as error:
            raise ValueError("DISCLOSURE_SITE_SECRET 须为 base64 文本") from error
        if len(decoded) < _SECRET_BYTES:
            raise ValueError(f"DISCLOSURE_SITE_SECRET 解码后至少 {_SECRET_BYTES} 字节")
        return value

    @property
    def site_secret_bytes(self) -> bytes:
        """The website's shared secret, decoded. MUST NOT be logged."""
        return base64.b64decode(self.site_secret.get_secret_value())
