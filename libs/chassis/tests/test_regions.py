"""Administrative divisions as registers and people name them."""

import pytest
from suicha_chassis.regions import places_called, region_name, region_title, registered_region


def test_regions_are_divisions_and_a_city_s_own_registry_is_the_city() -> None:
    assert region_name("410482") == "汝州市" and region_name("410300") == "洛阳市"
    assert registered_region("410301") == "410300"
    assert registered_region("419001") == "419001", "济源 is a county-level city of the province"
    assert registered_region("410399") == registered_region("41") == registered_region("abcdef") == ""


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("410303", "洛阳市西工区"),
        ("410300", "洛阳市"),
        ("410482", "汝州市"),
        ("419001", "济源市"),
        ("110101", "北京市东城区"),
        ("500230", "重庆市丰都县"),
        ("410000", "河南省"),
        ("410399", "410399"),
    ],
)
def test_a_district_is_named_with_its_city(code: str, title: str) -> None:
    assert region_title(code) == title


def test_divisions_are_found_by_how_their_names_begin() -> None:
    assert places_called("洛阳") == places_called("洛阳市") == ("4103",), "the prefecture 4125 ended in 1986"
    assert places_called("朝阳") == ("110105", "2113", "211321", "220104")
    assert places_called("河南省") == ("41",) and places_called("汝州市") == ("410482",)
    assert (
        places_called("洛") == places_called("") == places_called("洛阳人力") == places_called("市辖区") == ()
    )
