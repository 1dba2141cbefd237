"""A verification report as text in Chinese or English, and as JSON for programs."""

from __future__ import annotations

from typing import Any

from rid1.verify.report import Report

_STEPS = {
    "layout": ("证明包结构", "layout of the bundle"),
    "manifest": ("清单文件、名额与最低比例", "manifest, quotas and floors"),
    "log": ("抽取日志:检查点、包含证明、链与时序", "draw log: checkpoint, proofs, chain and times"),
    "growth": ("日志自较早检查点以来只增不改", "log only grew since the earlier checkpoint"),
    "full_log": ("完整抽取日志", "whole draw log"),
    "inputs": ("四个输入文件、总量守恒、可派性", "input files, conservation, staffing"),
    "reveals": ("揭示值、骰子与信标", "reveals, dice and beacon"),
    "seed": ("随机种子", "seed"),
    "result": ("抽取结果(重算)", "result (replayed)"),
    "match": ("人员匹配(重算)", "match (replayed)"),
    "substitutions": ("递补顺序", "substitutions in order"),
}
_FACTS = {
    "draw_id": ("抽取编号", "draw"),
    "attempt": ("第几次抽取", "attempt"),
    "suite": ("算法套件", "suite"),
    "state": ("状态", "state"),
    "witnesses": ("见证签名", "cosigned by"),
    "earlier_size": ("较早检查点的日志条数", "entries at the earlier checkpoint"),
    "objects": ("入库对象行数", "pool lines"),
    "selected": ("抽中名额", "selected"),
    "targets": ("派出检查组数", "teams"),
    "substitutions": ("递补次数", "substitutions"),
    "manifest_hash": ("清单哈希", "manifest hash"),
    "seed": ("种子", "seed"),
    "result_hash": ("结果哈希", "result hash"),
    "match_hash": ("匹配哈希", "match hash"),
}


def as_text(report: Report, language: str) -> str:
    """The report for people; `language` is `zh` or `en`."""
    at = 0 if language == "zh" else 1
    lines = [f"{_FACTS[name][at]}: {value}" for name, value in report.facts.items()]
    lines += [f"✓ {_STEPS[name][at]}" for name in report.passed]
    lines += [f"! {note[1 + at]} ({note[0]})" for note in report.notes]
    if report.fault is None and any(note[0].startswith("sealed_") for note in report.notes):
        lines.append(
            (
                "核验通过:已公开的部分未发现问题;封存的部分未核验(见上)。",
                "Verified as far as it is open; what is sealed was not checked (see above).",
            )[at]
        )
    elif report.fault is None:
        lines.append(
            ("核验通过:抽取结果可以完整重算,未发现问题。", "Verified: the draw replays in full.")[at]
        )
    else:
        fault = report.fault
        lines.append(f"✗ {fault.zh if at == 0 else fault.en}")
        lines.append(f"{('核验不通过', 'NOT verified')[at]}: {fault.code} [{fault.where}]")
    return "\n".join(lines)


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs: ok, code and where of the first fault, steps passed, notes and facts."""
    fault = report.fault
    return {
        "ok": report.ok,
        "fault": None
        if fault is None
        else {"code": fault.code, "zh": fault.zh, "en": fault.en, "where": fault.where},
        "passed": report.passed,
        "notes": [{"code": code, "zh": zh, "en": en} for code, zh, en in report.notes],
        "facts": report.facts,
    }
