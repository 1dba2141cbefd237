"""Settings that every service has. Read from the environment or a `.env` file; secrets from nowhere else."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ChassisSettings(BaseSettings):
    """Base of the settings class of each process. Field names in upper case are the environment names."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    environment: Literal["local", "test", "production"] = Field(
        default="local", description="production refuses demonstration parts and logs JSON"
    )
    nats_url: str = Field(default="nats://127.0.0.1:4222", description="JetStream broker, 2.10.23 or newer")
    nats_token: SecretStr = Field(default=SecretStr(""), description="broker token; empty for none")
    files_url: str = Field(
        default="file:///var/lib/suicha/files", description="shared file store: file:///… or s3://bucket/…"
    )
    jwks_url: str = Field(
        default="http://127.0.0.1:8080/.well-known/jwks.json", description="public keys of the token issuer"
    )
    jwt_issuer: str = Field(default="suicha-demo", description="`iss` that tokens must carry")
    jwt_audience: str = Field(default="suicha", description="`aud` that tokens must carry")
    log_json: bool | None = Field(
        default=None, description="log lines as JSON; by default only in production"
    )
    log_level: str = Field(default="INFO", description="least level that is logged")
    otel_exporter_otlp_endpoint: str = Field(
        default="", description="OTLP/HTTP address for traces; empty switches tracing off"
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")


class DatabaseSettings(ChassisSettings):
    """Settings of a process with a database. Each service gives DATABASE_URL its own prefix."""

    database_url: SecretStr = Field(description="PostgreSQL 18 or newer, as the service's own role")
    database_owner_url: SecretStr = Field(
        default=SecretStr(""), description="role that owns the tables and migrates; defaults to database_url"
    )
    database_pool: int = Field(default=10, ge=1, description="connections kept open by one process")
    idempotency_days: int = Field(default=7, ge=1, description="days that answers to writes are remembered")
    outbox_days: int = Field(default=30, ge=1, description="days that published events are kept for replay")
