"""Settings of both draw processes. Own fields carry the prefix DRAW_ in the environment."""

import base64
import binascii

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict
from suicha_chassis.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """What the API and the worker need to know."""

    model_config = SettingsConfigDict(populate_by_name=True)

    database_url: SecretStr = Field(
        validation_alias="DRAW_DATABASE_URL", description="PostgreSQL 18 or newer, as draw's own role"
    )
    database_owner_url: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="DRAW_DATABASE_OWNER_URL",
        description="role that owns the tables and migrates; defaults to DRAW_DATABASE_URL",
    )
    port: int = Field(default=8102, validation_alias="DRAW_PORT", description="port of the draw API")
    worker_port: int = Field(
        default=8112,
        validation_alias="DRAW_WORKER_PORT",
        description="port of the worker's probes and metrics",
    )
    registry_url: str = Field(
        default="http://127.0.0.1:8101",
        validation_alias="DRAW_REGISTRY_URL",
        description="address of the registry service, which freezes the lists",
    )
    token_url: str = Field(
        default="",
        validation_alias="DRAW_TOKEN_URL",
        description="where svc-draw signs in for calls to registry; empty when DRAW_REGISTRY_TOKEN is given",
    )
    service_secret: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="DRAW_SERVICE_SECRET",
        description="secret of svc-draw at DRAW_TOKEN_URL",
    )
    registry_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="DRAW_REGISTRY_TOKEN",
        description="a fixed bearer token for registry, instead of signing in",
    )
    log_key: SecretStr = Field(
        validation_alias="DRAW_LOG_KEY",
        description="Ed25519 seed that signs the draw log's checkpoints: 32 bytes in base64",
    )
    log_origin: str = Field(
        default="suicha.local/draw-log",
        validation_alias="DRAW_LOG_ORIGIN",
        description="name of the draw log in its checkpoints; never changes once a draw was held",
        min_length=1,
        pattern=r"^[^\s+]+$",
    )

    @field_validator("log_key")
    @classmethod
    def _a_seed_of_32_bytes(cls, value: SecretStr) -> SecretStr:
        try:
            seed = base64.b64decode(value.get_secret_value(), validate=True)
        except binascii.Error as error:
            raise ValueError("应为 base64") from error
        if len(seed) != 32:
            raise ValueError("应为 32 字节的 Ed25519 种子")
        return value
