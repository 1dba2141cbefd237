"""What ships with the registry can be loaded through its own API and published."""

from pathlib import Path

import yaml
from keeping import Registry

SEED = Path(__file__).parents[1] / "seed"


async def test_every_item_and_form_that_ships_is_imported_and_published(registry: Registry) -> None:
    await registry.add_organisation()
    for form in yaml.safe_load((SEED / "forms.yaml").read_text(encoding="utf-8"))["forms"]:
        made = await registry.post("/forms", form)
        await registry.post(f"/forms/{made['id']}/publish", None)
    done = await registry.imported((SEED / "items.csv").read_bytes(), "items")
    assert done["refused"] == 0 and done["accepted"] == done["read"] > 0
    items = (await registry.admin.get("/registry/v1/items")).json()["items"]
    review = {"reviewed_by": "政策法规科", "reviewed_on": "2026-01-05"}
    for item in items:
        published = await registry.post(f"/items/{item['id']}/publish", review)
        assert published["state"] == "published" and published["basis"]
