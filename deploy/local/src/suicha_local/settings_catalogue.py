"""Every setting of every process: the environment names that the settings classes know.

`python -m suicha_local.settings_catalogue` writes `.env.example`; a test compares the two.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from suicha_local.home import project_root

TITLES = {
    "suicha_registry": "名录库服务 / registry",
    "suicha_draw": "抽取服务 / draw",
    "suicha_inspection": "检查服务 / inspection",
    "suicha_disclosure": "公示服务 / disclosure",
    "suicha_portal": "门户与网关 / portal, gateway",
    "suicha_site": "公示网站 / public website",
    "suicha_sandbox": "模拟信用平台（沙箱） / simulated credit platform",
}

CONTAINERS = {
    "POSTGRES_PASSWORD": "password of the superuser in the postgres container (compose only)",
    "SUICHA_DATABASE_PASSWORD": "password of the services' database roles (compose only)",
}


def settings_classes() -> list[type[BaseSettings]]:
    """Return the settings classes of all processes, in the order of a season."""
    from suicha_disclosure.settings import Settings as DisclosureSettings
    from suicha_draw.settings import Settings as DrawSettings
    from suicha_inspection.settings import Settings as InspectionSettings
    from suicha_portal.gateway_settings import GatewaySettings
    from suicha_portal.settings import PortalSettings
    from suicha_registry.settings import Settings as RegistrySettings
    from suicha_sandbox.settings import Settings as SandboxSettings
    from suicha_site.settings import Settings as SiteSettings

    return [
        RegistrySettings,
        DrawSettings,
        InspectionSettings,
        DisclosureSettings,
        PortalSettings,
        GatewaySettings,
        SiteSettings,
        SandboxSettings,
    ]


def names_of(cls: type[BaseSettings]) -> Iterator[str]:
    """Yield the environment name of each field of a settings class."""
    for field_name, field in cls.model_fields.items():
        yield _environment_name(cls, field_name, field)


def _environment_name(cls: type[BaseSettings], name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0]).upper()
    if isinstance(alias, str):
        return alias.upper()
    return f"{cls.model_config.get('env_prefix', '')}{name}".upper()


def render() -> str:
    """Return the text of `.env.example`: every setting once, with meaning and default."""
    lines = [
        "# Every setting of Suicha. Copy to .env and fill in what has no default; a `#` before a name means:",
        "# the default is used. `make up` and `make demo` need no .env: they make their own secrets.",
        "# Written by `python -m suicha_local.settings_catalogue`.",
    ]
    seen: set[str] = set()
    common: list[str] = []
    own: list[str] = []
    for cls in settings_classes():
        package = cls.__module__.split(".")[0]
        part: list[str] = []
        for name, field in cls.model_fields.items():
            variable = _environment_name(cls, name, field)
            if variable in seen:
                continue
            seen.add(variable)
            prefixed = variable.startswith(
                (
                    "REGISTRY_",
                    "DRAW_",
                    "INSPECTION_",
                    "DISCLOSURE_",
                    "PORTAL_",
                    "GATEWAY_",
                    "SITE_",
                    "SANDBOX_",
                )
            )
            (part if prefixed else common).append(_line(variable, field))
        own += ["", f"# --- {TITLES[package]}", *part]
    containers = [f"# {meaning}\n{name}=" for name, meaning in CONTAINERS.items()]
    sections = [*lines, "", "# --- 各进程共用 / all processes", *common, *own, "", "# --- 容器 / containers"]
    return "\n".join([*sections, *containers]) + "\n"


def _line(variable: str, field: FieldInfo) -> str:
    meaning = f"# {field.description or field.title or variable.lower().replace('_', ' ')}"
    if field.default is PydanticUndefined and field.default_factory is None:
        return f"{meaning}\n{variable}="
    default = field.get_default(call_default_factory=True, validated_data={})
    shown = default.get_secret_value() if hasattr(default, "get_secret_value") else default
    if isinstance(shown, Path) and shown.is_absolute():
        shown = shown.relative_to(project_root()) if shown.is_relative_to(project_root()) else shown
    text = (
        ",".join(map(str, shown)) if isinstance(shown, list | tuple) else "" if shown is None else str(shown)
    )
    return f"{meaning}\n# {variable}={text}"


if __name__ == "__main__":
    target = project_root() / ".env.example"
    target.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{target}\n")
