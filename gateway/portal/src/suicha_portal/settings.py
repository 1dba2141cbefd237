"""Settings of the portal: environment variables PORTAL_*, and those that all parts share."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_USERS = Path(__file__).parent / "demo_users.yaml"


class PortalSettings(BaseSettings):
    """What the portal must know to start."""

    model_config = SettingsConfigDict(
        env_prefix="PORTAL_", env_file=".env", extra="ignore", populate_by_name=True
    )

    environment: Literal["local", "test", "production"] = Field(
        default="local", validation_alias="ENVIRONMENT", description="production refuses the demo issuer"
    )
    issuer: str = Field(
        default="suicha-demo", validation_alias="JWT_ISSUER", description="`iss` of the tokens"
    )
    audience: str = Field(
        default="suicha", validation_alias="JWT_AUDIENCE", description="`aud` of the tokens"
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8105, ge=0, le=65535, description="port to listen on")
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="loopback port for Prometheus metrics; 0 switches them off"
    )
    demo_issuer: bool = Field(
        default=True, description="signs demo users in; false leaves the documentation only"
    )
    key_file: Path = Field(
        default=Path("portal-key.pem"), description="signing key of the demo issuer, made at first start"
    )
    token_seconds: int = Field(default=8 * 3600, ge=60, le=24 * 3600, description="life of a token")
    service_secret: SecretStr = Field(
        default=SecretStr(""), description="what service accounts sign in with; empty: they cannot"
    )
    users_file: Path = Field(default=_USERS, description="YAML list of demo users")
    openapi_file: Path = Field(
        default=Path("gateway/openapi.json"), description="the merged OpenAPI document"
    )
