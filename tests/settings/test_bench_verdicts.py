"""`make bench` says what was missed, and never takes a missing rival for a beaten one."""

from suicha_local.home import project_root

from bench.__main__ import ALONE, PARTS
from bench.report import Report
from bench.rid1 import Run, _faster, _shown_to_be

RUN = Run(1.0, 1.0, 100_000_000, "")


def test_a_rival_that_could_not_be_installed_is_not_beaten():
    assert _shown_to_be(True, _faster(RUN, {}, 10)) is None
    assert _shown_to_be(False, _faster(RUN, {}, 10)) is False
    assert _shown_to_be(True, _faster(RUN, {"rival": Run(9.0, 9.0, 0, "")}, 10)) is False
    assert _shown_to_be(True, _faster(RUN, {"rival": Run(11.0, 9.0, 0, "")}, 10)) is True


def test_missed_goals_are_told_and_what_was_not_shown_is_no_miss():
    report = Report()
    report.add("a", "1", met=True)
    report.add("b", "2", met=None)
    report.add("c", "3", met=False)
    assert [one.what for one in report.missed()] == ["c"]


def test_every_part_is_measured_by_default():
    measured = {
        path.stem for path in (project_root() / "bench").glob("*.py") if "def measure(" in path.read_text()
    }
    assert measured == {*ALONE, *PARTS}
