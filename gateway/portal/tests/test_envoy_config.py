"""The configuration as data: valid for Envoy under every setting, and closed where it must be."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from suicha_portal.envoy_config import arguments, render
from suicha_portal.gateway_settings import Discovery, GatewaySettings

from gateway.portal.tests.conftest import envoy_command


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "discovery": Discovery.STRICT_DNS,
            "registry_address": "registry:8000",
            "portal_address": "portal:80",
        },
        {"jwks_url": "https://login.example.cn/keys"},
        {"jwks_url": "http://login.internal:8080/keys"},
        {"cors_origins": ["https://a.example", "https://b.example"], "trusted_proxies": 2, "host": "0.0.0.0"},
    ],
    ids=[
        "defaults",
        "names instead of addresses",
        "keys over https",
        "keys over http",
        "front ends and proxies",
    ],
)
def test_envoy_accepts_the_configuration(tmp_path: Path, changes: dict[str, Any]) -> None:
    settings = GatewaySettings(**changes)
    config = tmp_path / "envoy.yaml"
    config.write_text(yaml.safe_dump(render(settings), allow_unicode=True), encoding="utf-8")
    command = [*envoy_command(settings, config), "--mode", "validate"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.lower(), done.stderr


def test_the_command_line_prints_the_configuration_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "18080")
    monkeypatch.setenv("GATEWAY_CORS_ORIGINS", "https://a.example, https://b.example")
    monkeypatch.setenv("JWT_ISSUER", "https://login.example.cn")
    printed = subprocess.run(
        [sys.executable, "-m", "suicha_portal.envoy_config"], capture_output=True, text=True, check=True
    ).stdout
    settings = GatewaySettings()
    assert yaml.safe_load(printed) == render(settings)
    assert settings.cors_origins == ["https://a.example", "https://b.example"]
    assert settings.issuer == "https://login.example.cn"
    assert "port_value: 18080" in printed


def test_the_admin_interface_listens_on_loopback_only() -> None:
    admin = render(GatewaySettings(host="0.0.0.0"))["admin"]
    assert admin["address"]["socket_address"]["address"] == "127.0.0.1"


def test_two_copies_may_run_beside_each_other() -> None:
    command = arguments(GatewaySettings(concurrency=3), "envoy.yaml")
    assert "--disable-hot-restart" in command
    assert command[command.index("--concurrency") + 1] == "3"


@pytest.mark.parametrize("address", ["registry", "registry:", "http://registry:80", "a b:80", "x:y"])
def test_an_upstream_address_is_host_and_port(address: str) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings(registry_address=address)
