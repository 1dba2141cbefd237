"""What ships with the registry can be loaded as docs/registers.md says, and every article it names is one."""

import csv
import re
from pathlib import Path

import pytest
from keeping import PAPER, Registry

SEED = Path(__file__).parents[1] / "seed"
ARTICLES = {
    "人力资源市场暂行条例": 48,
    "劳动保障监察条例": 36,
    "中华人民共和国劳动合同法": 98,
    "中华人民共和国就业促进法": 69,
    "中华人民共和国社会保险法": 98,
    "中华人民共和国价格法": 48,
    "就业服务与就业管理规定": 77,
    "禁止使用童工规定": 14,
    "禁止传销条例": 30,
}
"""Laws that the seed may name, and how many articles each has."""
SUPERVISION = {"《人力资源市场暂行条例》第三十四条", "《劳动保障监察条例》第十一条"}
"""Who supervises by which power: never the article that somebody has broken."""
_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")}


def rows(name: str) -> list[dict[str, str]]:
    with (SEED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number_of(words: str) -> int:
    """Read a number below a hundred as laws print it: 七 → 7, 十八 → 18, 二十 → 20."""
    tens, ten, ones = words.rpartition("十")
    return (_DIGITS[tens] if tens else 1) * 10 * bool(ten) + (_DIGITS[ones] if ones else 0)


def unknown_articles(text: str) -> list[str]:
    """Whatever of a citation such as `《法》第九条、第十条；《规定》第二条` is no article of a law that is known."""
    wrong = []
    for part in text.split("；"):
        found = re.fullmatch("《([^》]+)》(.+)", part)
        if found is None or found[1] not in ARTICLES:
            wrong.append(part)
            continue
        for article in found[2].split("、"):
            number = re.fullmatch("第([一二三四五六七八九十]+)条", article)
            if number is None or not 0 < number_of(number[1]) <= ARTICLES[found[1]]:
                wrong.append(f"{found[1]} {article}")
    return wrong


def test_an_article_that_there_is_not_is_noticed() -> None:
    assert (
        unknown_articles("《禁止使用童工规定》第十四条；《人力资源市场暂行条例》第十八条、第四十八条") == []
    )
    for wrong in (
        "《禁止使用童工规定》第十五条",
        "《没有的法》第一条",
        "第十八条",
        "《劳动保障监察条例》",
        "",
    ):
        assert unknown_articles(wrong), wrong


@pytest.mark.parametrize("item", rows("items.csv"), ids=lambda item: item["事项编码"])
def test_an_item_names_articles_of_laws_that_there_are(item: dict[str, str]) -> None:
    assert unknown_articles(item["抽查依据"]) == []


@pytest.mark.parametrize(
    "question", rows("forms.csv"), ids=lambda one: f"{one['表单编码']}-{one['题目编号']}"
)
def test_a_question_names_the_article_that_is_broken_or_says_that_a_lawyer_has_to(
    question: dict[str, str],
) -> None:
    article = question["题目依据"]
    if question["题目分组"]:
        assert article or "法制机构核对" in question["检查指引"]
    if article:
        assert unknown_articles(article) == []
        assert not SUPERVISION & set(article.split("；")), (
            "the power to supervise is no duty of the inspected"
        )


def test_the_items_of_s4_ask_for_its_ten_percent_and_two_officers() -> None:
    ours = {one["事项编码"]: one for one in rows("items.csv") if one["事项编码"].startswith("QX-")}
    assert list(ours) == ["QX-HR-01", "QX-HR-02", "QX-HR-03", "QX-SB-01"]
    assert {(one["抽查比例"], one["检查人数"]) for one in ours.values()} == {("10%", "2")}


async def test_every_item_and_form_that_ships_is_imported_and_published(registry: Registry) -> None:
    await registry.add_organisation()
    loaded = await registry.imported((SEED / "forms.csv").read_bytes(), "forms")
    assert (loaded["state"], loaded["refused"], loaded["read"]) == ("done", 0, len(rows("forms.csv")))
    for form in (await registry.admin.get("/registry/v1/forms")).json()["items"]:
        await registry.post(f"/forms/{form['id']}/publish", None)
    done = await registry.imported((SEED / "items.csv").read_bytes(), "items")
    assert done["refused"] == 0 and done["accepted"] == done["read"] == len(rows("items.csv"))
    for item in (await registry.admin.get("/registry/v1/items")).json()["items"]:
        published = await registry.post(f"/items/{item['id']}/publish", PAPER)
        assert published["state"] == "published" and published["basis"]
