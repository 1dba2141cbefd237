"""Settings of the 模拟信用平台（沙箱）, all from environment variables named SANDBOX_*."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the sandbox must know to start.

    Raises:
        pydantic.ValidationError: a token is missing or both are the same.
    """

    model_config = SettingsConfigDict(env_prefix="SANDBOX_", env_file=".env", extra="ignore")

    database: Path = Field(default=Path("sandbox.sqlite3"), description="the SQLite file; made when missing")
    token: SecretStr = Field(min_length=8, description="what senders of records show")
    control_token: SecretStr = Field(min_length=8, description="what those show who set the behaviour")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8091, ge=0, le=65535, description="port to listen on")
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="loopback port for Prometheus metrics; 0 switches them off"
    )

    @model_validator(mode="after")
    def _two_tokens(self) -> Self:
        if self.token.get_secret_value() == self.control_token.get_secret_value():
            raise ValueError("SANDBOX_TOKEN 与 SANDBOX_CONTROL_TOKEN 不得相同")
        return self
