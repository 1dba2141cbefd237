"""`.env.example` names every setting of every process, and nothing else."""

from pydantic import SecretStr
from suicha_local.checks import compose_faults
from suicha_local.home import project_root
from suicha_local.settings_catalogue import names_of, render, settings_classes


def test_the_example_is_what_the_settings_classes_say():
    assert (project_root() / ".env.example").read_text(encoding="utf-8") == render()


def test_every_setting_says_what_it_means():
    silent = [
        f"{cls.__module__}.{name}"
        for cls in settings_classes()
        for name, field in cls.model_fields.items()
        if not field.description
    ]
    assert silent == []


def test_no_secret_has_a_default():
    for cls in settings_classes():
        for name, field in cls.model_fields.items():
            if field.annotation is SecretStr and not field.is_required():
                default = field.default
                assert isinstance(default, SecretStr) and default.get_secret_value() == "", (cls, name)


def test_a_setting_that_processes_share_has_one_default():
    defaults: dict[str, set[str]] = {}
    for cls in settings_classes():
        for variable, field in zip(names_of(cls), cls.model_fields.values(), strict=True):
            defaults.setdefault(variable, set()).add(repr(field.default))
    assert {variable: found for variable, found in defaults.items() if len(found) > 1} == {}


def test_the_compose_file_fits_the_code(tmp_path):
    root = project_root()
    assert compose_faults(root) == []
    for name in ("docker-compose.yml", ".env.example"):
        (tmp_path / name).write_text((root / name).read_text())
    for folder in ("deploy", "libs", "services", "gateway", "sites"):
        (tmp_path / folder).symlink_to(root / folder)
    text = (root / "docker-compose.yml").read_text()
    (tmp_path / "docker-compose.yml").write_text(
        text.replace("SITE_DATABASE:", "SITE_DATABSE:").replace("SERVICE: draw}", "SERVICE: drawn}")
    )
    faults = "\n".join(compose_faults(tmp_path))
    assert "SITE_DATABSE" in faults and "suicha_drawn" in faults
