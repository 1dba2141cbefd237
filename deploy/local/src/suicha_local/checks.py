"""What `make lint` checks beyond style and types: migrations fit the models, the compose file fits the code."""

import re
import sys
from pathlib import Path
from typing import Any

import yaml
from suicha_chassis import migrations
from suicha_chassis.testing import PostgresServer

from suicha_local.home import project_root
from suicha_local.settings_catalogue import names_of, settings_classes

OFFICIAL_IMAGES = ("postgres:", "nats:", "envoyproxy/envoy:")
_NOT_SETTINGS = frozenset({"PROBE", "ROLE", "POSTGRES_PASSWORD", "SUICHA_DATABASE_PASSWORD"})
"""Variables of the containers themselves: the health check, the role of the image, the official postgres."""


def main() -> int:
    """Run all checks; print what is wrong; return how many things are."""
    faults = [*compose_faults(project_root()), *migration_faults()]
    for fault in faults:
        sys.stderr.write(fault + "\n")
    if not faults:
        sys.stdout.write("compose 文件与代码一致；迁移与模型一致\n")
    return 1 if faults else 0


def compose_faults(root: Path) -> list[str]:
    """Return what is wrong with docker-compose.yml: unknown services, settings, secrets or folders."""
    compose: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text())
    known = {name for cls in settings_classes() for name in names_of(cls)} | _NOT_SETTINGS
    example = (root / ".env.example").read_text()
    faults = []
    for name, service in compose["services"].items():
        build, image = service.get("build"), service.get("image", "")
        if build is None and not image.startswith(OFFICIAL_IMAGES):
            faults.append(f"compose {name}：既不构建，也不是官方镜像（{image}）")
        if build is not None:
            faults += _build_faults(root, name, build)
        for variable in service.get("environment", {}):
            if variable not in known:
                faults.append(f"compose {name}：没有名为 {variable} 的设置")
        for other in service.get("depends_on", {}):
            if other not in compose["services"]:
                faults.append(f"compose {name}：依赖不存在的服务 {other}")
        for volume in service.get("volumes", []):
            source = str(volume).split(":", 1)[0]
            found = (root / source).exists() if source.startswith(".") else source in compose["volumes"]
            if not found:
                faults.append(f"compose {name}：卷 {source} 不存在")
    for required in re.findall(r"\$\{([A-Z_]+):\?", (root / "docker-compose.yml").read_text()):
        if not re.search(rf"^#? ?{required}=", example, re.MULTILINE):
            faults.append(f"compose：必填变量 {required} 未写入 .env.example")
    return sorted(set(faults))


def _build_faults(root: Path, name: str, build: dict[str, Any]) -> list[str]:
    faults = []
    if not (root / build["dockerfile"]).is_file():
        faults.append(f"compose {name}：没有 {build['dockerfile']}")
    service = build.get("args", {}).get("SERVICE", "")
    if not list(root.glob(f"*/*/src/suicha_{service}/__main__.py")):
        faults.append(f"compose {name}：没有可运行的 suicha_{service}")
    return faults


def migration_faults() -> list[str]:
    """Return the services whose models differ from what their migrations build (`alembic check`)."""
    server = PostgresServer()
    try:
        faults = []
        for service in migrations.SERVICES:
            database = server.database(service)
            difference = migrations.difference(service, database.owner_url)
            if difference:
                faults.append(f"{service}：迁移与模型不一致：{difference}")
        return faults
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
