"""Settings of the inspection service."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from suicha_chassis.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """Common settings, and the inspection service's own under its prefix."""

    model_config = SettingsConfigDict(populate_by_name=True)

    database_url: SecretStr = Field(
        validation_alias="INSPECTION_DATABASE_URL",
        description="PostgreSQL 18 or newer, as the service's own role",
    )
    database_owner_url: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="INSPECTION_DATABASE_OWNER_URL",
        description="role that owns the tables and migrates; defaults to the service's own address",
    )
    port: int = Field(
        default=8103,
        validation_alias="INSPECTION_PORT",
        description="port to listen on",
    )
    evidence_bytes: int = Field(
        default=64 << 20,
        ge=1,
        validation_alias="INSPECTION_EVIDENCE_BYTES",
        description="largest piece of evidence, bytes",
    )
