"""Settings of both draw processes. Own fields carry the prefix DRAW_ in the environment."""

import base64
import binascii
import json
from pathlib import Path
from typing import Self

from cryptography.x509 import load_pem_x509_certificates
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict
from rid1.beacon import QUICKNET, Chain, sandbox_chain
from rid1.cosignature import read_witness
from rid1.errors import RidError
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
    counting_seconds: int = Field(
        default=45,
        ge=1,
        le=90,
        validation_alias="DRAW_COUNTING_SECONDS",
        description="how long each count of registry may take for a gauge, a check or a simulation, and how long "
        "a simulation may then compute; registry counts twice: three times this MUST be below "
        "GATEWAY_COUNTING_SECONDS",
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
        description="key of the draw log's checkpoints, as DRAW_LOG_SIGNER reads it; "
        "for ed25519: 32 bytes in base64",
    )
    log_signer: str = Field(
        default="ed25519",
        validation_alias="DRAW_LOG_SIGNER",
        description="who signs checkpoints: ed25519, or a name registered under the entry point "
        "suicha.log_signers (a device with SM2)",
    )
    log_witnesses: str = Field(
        default="",
        validation_alias="DRAW_LOG_WITNESSES",
        description="public keys (vkey) of the parties that may cosign checkpoints, separated by blanks",
    )
    timestamp_roots: str = Field(
        default="",
        validation_alias="DRAW_TIMESTAMP_ROOTS",
        description="PEM file of the root certificates that RFC 3161 timestamps must lead to; empty: only "
        "what they are over is checked",
    )
    log_origin: str = Field(
        default="suicha.local/draw-log",
        validation_alias="DRAW_LOG_ORIGIN",
        description="name of the draw log in its checkpoints; never changes once a draw was held",
        min_length=1,
        pattern=r"^[^\s+]+$",
    )

    drand_urls: str = Field(
        default="",
        validation_alias="DRAW_DRAND_URLS",
        description="addresses of drand HTTP nodes, joined by commas; empty where there is no network and a beacon "
        "is typed in",
    )
    sandbox_beacon: str = Field(
        default="",
        validation_alias="DRAW_SANDBOX_BEACON",
        description="for rehearsals only: JSON {public_key, genesis, period} of a chain in place of drand quicknet; "
        "its draws are marked and no verifier accepts them as real",
    )

    @property
    def beacon_chain(self) -> Chain:
        """The network whose rounds draws may name: drand quicknet, or a rehearsal's own."""
        if not self.sandbox_beacon:
            return QUICKNET
        given = json.loads(self.sandbox_beacon)
        return sandbox_chain(given["public_key"], given["genesis"], given["period"])

    @field_validator("sandbox_beacon")
    @classmethod
    def _a_chain(cls, value: str) -> str:
        if value:
            try:
                given = json.loads(value)
                sandbox_chain(given["public_key"], given["genesis"], given["period"])
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError("应为 JSON：public_key、genesis、period") from error
        return value

    @model_validator(mode="after")
    def _a_seed_of_32_bytes(self) -> Self:
        if self.log_signer != "ed25519":
            return self
        try:
            seed = base64.b64decode(self.log_key.get_secret_value(), validate=True)
        except binascii.Error as error:
            raise ValueError("DRAW_LOG_KEY 应为 base64") from error
        if len(seed) != 32:
            raise ValueError("DRAW_LOG_KEY 应为 32 字节的 Ed25519 种子")
        return self

    @field_validator("log_witnesses")
    @classmethod
    def _public_keys(cls, value: str) -> str:
        try:
            names = [read_witness(text).name for text in value.split()]
        except RidError as error:
            raise ValueError(error.zh) from error
        if len(set(names)) < len(names):
            raise ValueError("见证人名称重复")
        return value

    @field_validator("timestamp_roots")
    @classmethod
    def _certificates(cls, value: str) -> str:
        if value:
            load_pem_x509_certificates(Path(value).read_bytes())
        return value
