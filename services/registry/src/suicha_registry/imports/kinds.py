"""Every kind of record that a file may hold, objects apart: what its rows mean."""

import re
from typing import Any

import psycopg
from suicha_chassis.ids import uuid7
from suicha_contracts.events import ExpertRegistered

from suicha_registry.experts.schemas import ExpertBody, ExpertState
from suicha_registry.imports.faults import Fault
from suicha_registry.imports.outcome import Task
from suicha_registry.imports.records import Document, Home, Records, Words
from suicha_registry.inspectors.identity import Vault, masked
from suicha_registry.inspectors.schemas import InspectorBody
from suicha_registry.items.schemas import ItemBody
from suicha_registry.organisations.schemas import OrganisationBody
from suicha_registry.rulesets.service import today
from suicha_registry.tables.cells import day_of, parts, percent, records
from suicha_registry.tables.words import (
    CATEGORIES,
    ENFORCEMENTS,
    EXPERT_KINDS,
    EXPERT_STATES,
    GROUP_ROLES,
    KINDS,
    LISTS,
    STATES,
)

_LAW = r"《(?P<law>[^》]+)》(?P<articles>[^《：]+)：\s*"
_RATIO = re.compile(_LAW + r"(?P<bp>[0-9.]+\s*[%％])")
_TIMES = re.compile(_LAW + r"(?P<minimum>[0-9]{0,3})\s*-\s*(?P<maximum>[0-9]{0,3})")
_BASIS = re.compile(r"《(?P<law>[^》]+)》(?P<articles>[^《]*)")


def _organisation(words: Words, home: Home) -> Document | list[Fault]:
    departments = []
    for pieces in records(words.get("departments", "")):
        if len(pieces) not in (2, 3):
            return _unreadable("departments", pieces, "编码:名称:队伍")
        departments.append({"code": pieces[0], "name": pieces[1], "crew": pieces[-1 if pieces[2:] else 0]})
    group = []
    for pieces in records(words.get("leading_group", "")):
        if len(pieces) not in (2, 3):
            return _unreadable("leading_group", pieces, "角色:姓名:职务")
        group.append({"role": GROUP_ROLES.read(pieces[0]), "name": pieces[1], "post": "".join(pieces[2:])})
    duties = []
    for pieces in records(words.get("responsibilities", "")):
        if len(pieces) not in (2, 3, 4):
            return _unreadable("responsibilities", pieces, "事项:牵头处室:责任处室:依据")
        matter, lead, responsible, clause = (*pieces, "", "")[:4]
        named = [one.strip() for one in re.split("[,，]", responsible) if one.strip()]
        duties.append({"matter": matter, "lead": lead, "responsible": named, "clause": clause})
    body = OrganisationBody.model_validate(
        {**words, "departments": departments, "leading_group": group, "responsibilities": duties}
    )
    known = {one.code for one in body.departments} or (home.crews if body.code == home.code else set())
    for duty in body.responsibilities:
        strange = [code for code in (duty.lead, *duty.responsible) if code not in known]
        if strange:
            return [Fault("responsibilities", "department_unknown", f"没有处室 {strange[0]}")]
    if not body.region.startswith(home.prefix):
        return [Fault("region", "outside_scope", f"区划 {body.region} 不在您的管辖区域内")]
    return body.model_dump(mode="json")


def _unreadable(field: str, pieces: list[str], form: str) -> list[Fault]:
    return [Fault(field, f"{field}_invalid", f"“{':'.join(pieces)}”应写作 {form}")]


def _item(words: Words, home: Home) -> Document | list[Fault]:
    fields: dict[str, Any] = dict(words)
    if "basis" in words:
        fields["basis"] = [match.groupdict() for match in _BASIS.finditer(words["basis"])]
        for one in fields["basis"]:
            one["articles"] = one["articles"].strip("；;、，, \n")
        if not fields["basis"]:
            return [Fault("basis", "basis_invalid", "应写作 《法律名称》条款，多个用分号隔开")]
    for name, known in (("category", CATEGORIES), ("enforcement", ENFORCEMENTS)):
        if name in words:
            fields[name] = known.read(words[name])
    for name, pattern in (("legal_ratio", _RATIO), ("legal_frequency", _TIMES)):
        if name in words:
            found = pattern.fullmatch(words[name])
            if found is None:
                return [Fault(name, f"{name}_invalid", "应写作 《法律名称》条款：数值，见填写说明")]
            said = found.groupdict()
            law = {"law": said.pop("law"), "articles": said.pop("articles").strip()}
            if name == "legal_ratio":
                fields[name] = {"bp": percent(said["bp"]), "law": law}
            else:
                fields[name] = {key: value or None for key, value in said.items()} | {"law": law}
    if "lists" in words:
        fields["lists"] = [LISTS.read(part) for part in parts(words["lists"])]
    if "expertise" in words:
        fields["expertise"] = parts(words["expertise"])
    if "object_kinds" in words:
        fields["object_kinds"] = [KINDS.read(part) for part in parts(words["object_kinds"])]
    if words.get("ratio_bp", "").endswith(("%", "％")):
        ratio = percent(words["ratio_bp"])
        fields["ratio_bp"] = words["ratio_bp"] if ratio is None else ratio
    body = ItemBody.model_validate(fields)
    if body.department and body.department not in home.crews:
        return [Fault("department", "department_unknown", f"机构没有处室 {body.department}")]
    return body.model_dump(mode="json") | {
        "id": str(uuid7()),
        "org": home.code,
        "region": home.region,
        "reviewed_by": "",
        "edited_by": home.actor,
    }


def _inspector(words: Words, home: Home) -> Document | list[Fault]:
    fields: dict[str, Any] = dict(words)
    given = fields.pop("identity_number", "").upper()
    if "scopes" in words:
        fields["scopes"] = parts(words["scopes"].replace(",", "；").replace("，", "；"))
    if "expertise" in words:
        fields["expertise"] = parts(words["expertise"])
    if "state" in words:
        fields["state"] = STATES.read(words["state"])
    if "licence_until" in words:
        fields["licence_until"] = day_of(words["licence_until"]) or words["licence_until"]
    sealed, mask = home.known["people"].get(fields.get("code", ""), (None, ""))
    if given and "*" not in given:
        fields["identity_number"] = given
    body = InspectorBody.model_validate(fields)
    faults = []
    if body.state == "active" and body.licence_until < today():
        faults.append(Fault("licence_until", "licence_expired", f"执法证件已于 {body.licence_until} 到期"))
    if body.department not in home.crews:
        faults.append(Fault("department", "department_unknown", f"机构没有处室 {body.department}"))
    region = body.region or home.region
    if not region.startswith(home.prefix):
        faults.append(Fault("region", "outside_scope", f"区划 {region} 不在您的管辖区域内"))
    if "*" in given and given != mask:
        faults.append(
            Fault("identity_number", "identity_masked", "遮盖的身份证号与登记的不一致，请填写完整号码")
        )
    if faults:
        return faults
    vault: Vault = home.known["vault"]
    number = body.identity_number
    if number and (sealed is None or vault.open(sealed) != number):
        sealed, mask = vault.seal(number), masked(number)
    return body.model_dump(mode="json", exclude={"identity_number"}) | {
        "org": home.code,
        "region": region,
        "crew": home.crews[body.department],
        "identity_sealed": "\\x" + sealed.hex() if sealed is not None else None,
        "identity_masked": mask,
    }


def _known_people(connection: psycopg.Connection[Any], task: Task) -> dict[str, Any]:
    """Look up the sealed identity numbers of the organisation: the same number again is no change."""
    rows = connection.execute(
        "SELECT code, identity_sealed, identity_masked FROM inspectors WHERE org = %s", (task.org,)
    )
    people = {code: (None if sealed is None else bytes(sealed), mask) for code, sealed, mask in rows}
    return {"people": people, "vault": Vault(task.pii_key)}


def _expert(words: Words, home: Home) -> Document | list[Fault]:
    fields: dict[str, Any] = dict(words)
    for name, known in (("kind", EXPERT_KINDS), ("state", EXPERT_STATES)):
        if name in words:
            fields[name] = known.read(words[name])
    for name in ("tags", "conflicts"):
        if name in words:
            fields[name] = parts(words[name])
    for name in ("valid_from", "valid_until", "confidential_since"):
        if name in words:
            fields[name] = day_of(words[name]) or words[name]
    body = ExpertBody.model_validate(fields)
    return body.model_dump(mode="json") | {
        "org": home.code,
        "region": home.region,
        "credit_code": body.credit_code or "",
    }


def _expert_event(row: dict[str, Any]) -> ExpertRegistered:
    fields = {name: row[name] for name in ExpertRegistered.model_fields if name in row}
    return ExpertRegistered(**fields, active=row["state"] == ExpertState.ACTIVE)


RECORDS = {
    "organisations": Records(
        table="organisations",
        key=("code",),
        compared=("name", "region", "departments", "leading_group", "responsibilities"),
        read=_organisation,
        gives={},
    ),
    "items": Records(
        table="items",
        key=("org", "code"),
        compared=tuple(name for name in ItemBody.model_fields if name != "code"),
        read=_item,
        gives={},
        first=("id", "region", "reviewed_by", "edited_by"),
        also_set=", published_at = NULL, reviewed_on = NULL, reviewed_by = '', review_method = '', "
        "review_document = '', review_sha256 = '', retired_at = NULL, edited_by = r.edited_by",
    ),
    "inspectors": Records(
        table="inspectors",
        key=("code",),
        compared=(
            "name", "region", "department", "crew", "unit", "licence_no", "licence_until", "scopes",
            "expertise", "state", "identity_sealed", "identity_masked",
        ),
        read=_inspector,
        gives={
            "department": ("department", "crew"),
            "identity_number": ("identity_sealed", "identity_masked"),
        },
        first=("org",),
        hidden=frozenset({"identity_number"}),
        shown=(
            "name", "region", "department", "unit", "licence_no", "licence_until", "scopes", "expertise", "state",
            "identity_masked",
        ),
        prepare=_known_people,
    ),
    "experts": Records(
        table="experts",
        key=("code",),
        compared=tuple(name for name in ExpertBody.model_fields if name != "code"),
        read=_expert,
        gives={},
        first=("org", "region"),
        event=_expert_event,
    ),
}  # fmt: skip
"""Records by the name of their kind."""
