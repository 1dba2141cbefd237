"""One season from the registries to the public record, step by step, and the check that it all adds up."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suicha_local.demo import disclosing, drawing, inspecting, planning, registries
from suicha_local.demo.client import DemoError, Gateway, china_today
from suicha_local.demo.console import Console
from suicha_local.demo.register import Register
from suicha_local.home import Home


@dataclass(frozen=True)
class Season:
    """What a whole season came to."""

    registries: registries.Registered
    plan: planning.PlannedSeason
    drawn: drawing.DrawnRound
    inspected: inspecting.Inspected
    disclosed: disclosing.Disclosed
    verified: dict[str, Any]
    tampered: dict[str, Any]
    refused_ratio: dict[str, Any]
    accounts: list[tuple[str, int]]


def play(home: Home, gateway: Gateway, register: Register, console: Console) -> Season:
    """Play a whole season through the gateway.

    Raises:
        DemoError: a step went wrong, or the books do not balance at the end.
    """
    today = china_today()
    outside = disclosing.Outside(home)
    with console.step("名录库：规则集、日历、机构、事项、表单、检查人员、检查对象"):
        registered = registries.fill(gateway, register, console)
    with console.step("计划：两个部门的两项任务，第二人审批，公布"):
        plan = planning.make_plan(gateway, today)
        console.say(f"{plan.plan['number']}《{plan.plan['name']}》已公布，任务 {len(plan.tasks)} 项")
        refused, _ = planning.try_low_ratio(gateway, today)
        console.say(f"比例低于规则集下限的任务被拒绝：{refused['detail']}")
    with console.step("抽取：一轮联合抽取（RID/1，S256），操作员与法制机构承诺，掷骰，签署"):
        drawn = drawing.draw_round(gateway, [task["id"] for task in plan.tasks], today)
        _tell_draw(console, drawn)
    with console.step("验证：独立进程核验证明包；改动过的副本被拒绝"):
        verified, tampered = _verify(gateway, drawn, console)
    with console.step("检查：由事件生成的检查任务，逐项填报、签名、审核"):
        inspected = inspecting.inspect_all(
            gateway,
            drawn.round["id"],
            drawn.objects,
            lambda done, total: console.progress("检查任务办结", done, total),
        )
        kinds = inspected.kinds
        console.say(
            f"联合检查 {inspected.joint} 户；拒绝签字 {kinds['refused']}，无法取得联系 {kinds['untraceable']}，"
            f"责令改正 {kinds['violation']}，案件线索 {kinds['clue']}"
        )
    with console.step("公示：脱敏、发布；信用平台（模拟）先失败一阵，再恢复"):
        disclosed = disclose(gateway, outside, drawn, console)
    accounts = balance(gateway, outside, drawn)
    return Season(registered, plan, drawn, inspected, disclosed, verified, tampered, refused, accounts)


def disclose(
    gateway: Gateway, outside: disclosing.Outside, drawn: drawing.DrawnRound, console: Console
) -> disclosing.Disclosed:
    """Release all results of a round while the credit platform fails, drops and hangs; wait for the end."""
    outside.credit_behaves("fail", calls=max(5, drawn.objects // 3))
    released = disclosing.release_round(gateway, drawn.round["id"], drawn.objects)
    console.say(f"发布 {released} 条")
    disclosed = disclosing.wait_until_public(gateway, drawn.round["id"], drawn.objects)
    rate = disclosed.statistics["disclosure_rate"]
    console.say(
        f"公示率 {rate['num']}/{rate['den']} = {(rate['bp'] or 0) / 100:.0f} %；"
        f"推送 {disclosed.attempts} 次，其中 {disclosed.retried} 件重试后送达"
    )
    return disclosed


def balance(
    gateway: Gateway, outside: disclosing.Outside, drawn: drawing.DrawnRound
) -> list[tuple[str, int]]:
    """Compare the counts of all services and both receivers.

    Raises:
        DemoError: they differ; the message shows each.
    """
    round_id = drawn.round["id"]
    visits = inspecting.visits_of(gateway, round_id)
    publisher = gateway.sign_in("publisher")
    rows = list(publisher.pages("/disclosure/v1/disclosures", round_id=round_id, limit=200))
    records = {str(row["id"]) for row in rows}
    site, credit = outside.site_results(), outside.credit_records()
    subjects = gateway.sign_in("reg-admin")
    known = sum(
        subjects.get(f"/registry/v1/subjects/{visit['object_id']}")["id"] == visit["object_id"]
        for visit in visits
    )
    counts = [
        ("抽取服务：抽中的检查对象", drawn.objects),
        ("名录库：其中在库", known),
        ("检查服务：已办结", sum(visit["state"] == "closed" for visit in visits)),
        ("公示服务：已公示", sum(row["state"] == "disclosed" for row in rows)),
        ("公示网站：持有", len(records & set(site))),
        ("信用平台（模拟）：持有", len(records & set(credit))),
    ]
    if len({count for _, count in counts}) != 1 or len(rows) != drawn.objects:
        raise DemoError("账目不平：" + "；".join(f"{name} {count}" for name, count in counts))
    return counts


def _tell_draw(console: Console, drawn: drawing.DrawnRound) -> None:
    row = drawn.round
    console.say(f"抽取编号 {row['draw_id']}，清单哈希 {row['manifest_hash'][:16]}…，种子 {row['seed'][:16]}…")
    console.say(
        f"抽中 {drawn.selected} 项次、{drawn.objects} 户（{drawn.joint} 户两部门合并一次上门），"
        f"递补名单 {drawn.substitutes}"
    )


def _verify(
    gateway: Gateway, drawn: drawing.DrawnRound, console: Console
) -> tuple[dict[str, Any], dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="suicha-proof-") as folder:
        bundle, log, key = drawing.download_proof(gateway, drawn.round["draw_id"], Path(folder))
        code, report = drawing.verify(bundle, log, key)
        if code != 0:
            raise DemoError(f"证明包未通过核验：{report}")
        console.say(f"rid1 verify 通过（{bundle.stat().st_size // 1024} KiB）")
        code, refused = drawing.verify(drawing.tamper(bundle), log, key)
        if code != 1:
            raise DemoError("改动过的证明包没有被发现")
        console.say(f"改动过的副本：{refused['fault']['zh']}（{refused['fault']['code']}）")
        return report, refused
