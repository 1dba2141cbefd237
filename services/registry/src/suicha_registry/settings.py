"""Settings of the registry."""

from cryptography.fernet import Fernet
from pydantic import AliasChoices, Field, SecretStr, field_validator
from suicha_chassis.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """Common settings, and the registry's own under its prefix."""

    database_url: SecretStr = Field(
        validation_alias=AliasChoices("REGISTRY_DATABASE_URL", "database_url"),
        description="PostgreSQL 18 or newer, as the service's own role",
    )
    database_owner_url: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("REGISTRY_DATABASE_OWNER_URL", "database_owner_url"),
        description="role that owns the tables and migrates; defaults to the service's own address",
    )
    port: int = Field(
        default=8101,
        validation_alias=AliasChoices("REGISTRY_PORT", "port"),
        description="port to listen on",
    )
    pii_key: SecretStr = Field(
        validation_alias=AliasChoices("REGISTRY_PII_KEY", "pii_key"),
        description="Fernet keys for identity numbers, comma-separated: the first encrypts, all decrypt",
    )
    upload_limit: int = Field(
        default=2 << 30,
        ge=1,
        validation_alias=AliasChoices("REGISTRY_UPLOAD_LIMIT", "upload_limit"),
        description="largest upload, bytes",
    )

    @field_validator("pii_key")
    @classmethod
    def _usable_keys(cls, keys: SecretStr) -> SecretStr:
        """Refuse at start what could not encrypt later."""
        for key in keys.get_secret_value().split(","):
            Fernet(key.strip())
        return keys
