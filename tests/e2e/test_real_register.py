"""The real register, dirt included, goes in as it is; left out where it does not lie beside the checkout."""

import csv
import io

import pytest
from suicha_local.demo import registries
from suicha_local.home import project_root

REAL = project_root().parent / "shared" / "data" / "enterprises-henan.csv.gz"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not REAL.is_file(), reason=f"真实名录不在 {REAL.parent}，略过"),
]


def test_every_row_of_the_real_register_is_either_in_or_refused_with_its_line_and_reason(season, running):
    province = running.gateway.sign_in("he-reg-admin")
    done = registries.import_file(province, "subjects", REAL.read_bytes(), REAL.name)
    assert (done["read"], done["refused"]) == (147_886, 20)
    assert done["accepted"] + done["changed"] + done["unchanged"] == 147_866
    report = province.send("GET", f"/registry/v1/imports/{done['id']}/refusals.csv").content.decode(
        "utf-8-sig"
    )
    _, *rows = csv.reader(io.StringIO(report))
    assert len(rows) == 20 and all(row[0].isdigit() and row[1] and row[2] for row in rows)
    assert {row[1] for row in rows} >= {"credit_code_invalid", "column_count"}
