"""Settings of the gateway: environment variables GATEWAY_*, and JWT_* that all parts share."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Address = Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]+:[0-9]{1,5}$", examples=["127.0.0.1:8101"])]


class Discovery(StrEnum):
    """How upstream addresses are found."""

    STATIC = "STATIC"
    """Addresses are IP addresses."""
    STRICT_DNS = "STRICT_DNS"
    """Addresses are names; every address a name resolves to gets requests."""


class GatewaySettings(BaseSettings):
    """What Envoy's configuration is made from. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", env_file=".env", extra="ignore", populate_by_name=True
    )

    host: str = Field(default="127.0.0.1", description="address that the gateway listens on")
    port: int = Field(default=8080, ge=1, le=65535, description="the one port of the platform")
    admin_port: int = Field(default=9901, ge=1, le=65535, description="Envoy's admin, on loopback only")
    concurrency: int = Field(default=2, ge=1, le=256, description="worker threads")

    discovery: Discovery = Field(
        default=Discovery.STATIC, description="STATIC: upstreams are IP addresses; STRICT_DNS: names"
    )
    registry_address: Address = Field(default="127.0.0.1:8101", description="host:port of registry")
    draw_address: Address = Field(default="127.0.0.1:8102", description="host:port of draw")
    inspection_address: Address = Field(default="127.0.0.1:8103", description="host:port of inspection")
    disclosure_address: Address = Field(default="127.0.0.1:8104", description="host:port of disclosure")
    portal_address: Address = Field(default="127.0.0.1:8105", description="host:port of portal")

    issuer: str = Field(
        default="suicha-demo", validation_alias="JWT_ISSUER", description="`iss` that tokens must have"
    )
    audience: str = Field(
        default="suicha", validation_alias="JWT_AUDIENCE", description="`aud` that tokens must contain"
    )
    jwks_url: str = Field(
        default="", description="where the signing keys are; empty: the portal's /.well-known/jwks.json"
    )
    jwks_ca_file: str = Field(
        default="/etc/ssl/certs/ca-certificates.crt", description="trusted authorities for an https jwks_url"
    )
    jwks_cache_seconds: int = Field(default=300, ge=1, description="how long signing keys are kept")

    client_rate: int = Field(default=200, ge=1, description="requests per second of one token subject")
    address_rate: int = Field(default=600, ge=1, description="requests per second from one network address")
    burst_factor: int = Field(
        default=2, ge=1, le=10, description="a bucket holds this many seconds' requests"
    )
    trusted_proxies: int = Field(
        default=0, ge=0, le=5, description="proxies in front whose X-Forwarded-For is believed"
    )

    max_body_bytes: int = Field(
        default=1024 * 1024, ge=1024, description="largest body; uploads are bounded by their service"
    )
    first_byte_seconds: int = Field(default=15, ge=1, description="from the whole request to the first byte")
    counting_seconds: int = Field(
        default=150,
        ge=1,
        description="the same for questions over the whole register; above three times the services' own bound "
        "(DRAW_COUNTING_SECONDS), so that the service's answer is heard",
    )
    transfer_seconds: int = Field(default=600, ge=1, description="for a whole upload or download")
    upstream_idle_seconds: int = Field(
        default=3,
        ge=1,
        description="MUST be below the services' keep-alive (uvicorn: 5), or requests meet closed connections",
    )
    upstream_requests: int = Field(
        default=1024, ge=1, description="requests open at once to one service; more are refused with 503"
    )
    drain_seconds: int = Field(default=10, ge=1, description="time that open requests get at shutdown")
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="origins of front ends, separated by commas"
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [origin.strip() for origin in value.split(",") if origin.strip()]
        return value
