"""Where a column goes: the targets there are, and the likeliest one for a column."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trellis.people.normal import normalise_email, normalise_phone

FIELDS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "name",
    "company",
    "country",
    "city",
    "locale",
    "time_zone",
    "tags",
)
"""Contact fields; ``tags`` puts tags on, separated by commas."""

CONSENTS = ("consent.marketing", "consent.sales_contact", "consent.tracking")
IGNORE = ""
USER_ID = "user_id"
AT = "at"
"""When the row became true; without it, the start of the import."""

ATTRIBUTE = "attr."
EXTERNAL = "id."
"""Prefixes: ``attr.<key>`` is an attribute, ``id.<kind>`` an id in another system."""

_KEY = re.compile(r"[^\W\d]\w{0,63}")
_IDENTITIES = frozenset({"email", "phone", USER_ID})

_WORDS: dict[str, str] = {
    "email": "email e-mail mail emailaddress correo correoelectronico correu"
    " correuelectronic почта эл.почта электроннаяпочта емейл 邮箱 电子邮件 电子邮箱 邮件",
    "phone": "phone phonenumber telephone tel mobile mobilephone cell telefono movil celular"
    " telefon mobil телефон мобильный номертелефона 电话 手机 手机号 电话号码",
    "first_name": "firstname givenname forename nombre nom имя 名 名字",
    "last_name": "lastname surname familyname apellido apellidos cognom cognoms фамилия 姓 姓氏",
    "name": "name fullname nombrecompleto nomcomplet фио полноеимя 姓名",
    "company": "company companyname organization organisation empresa компания организация"
    " 公司 公司名称 单位",
    "country": "country pais país страна 国家",
    "city": "city town ciudad ciutat город 城市",
    "locale": "locale language lang idioma llengua язык 语言",
    "time_zone": "timezone zonahoraria часовойпояс 时区",
    "tags": "tags tag labels etiquetas etiqueta etiquetes метки метка теги 标签",
    "user_id": "userid customerid clientid idcliente 用户id 客户编号",
    "at": "createdat created date registeredat fecha data дата датарегистрации 创建时间 注册时间",
}
_BY_WORD = {word: target for target, words in _WORDS.items() for word in words.split()}


def is_target(target: str) -> bool:
    """Whether a column may go there."""
    if target in (IGNORE, USER_ID, AT, *FIELDS, *CONSENTS):
        return True
    for prefix in (ATTRIBUTE, EXTERNAL):
        if target.startswith(prefix):
            return _KEY.fullmatch(target[len(prefix) :]) is not None
    return False


def identifies(target: str) -> bool:
    """Whether a column with this target can say who a row is about."""
    return target in _IDENTITIES or target.startswith(EXTERNAL)


def suggest(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """For each column the likeliest target: by its name, else by what is in it; what is not
    recognised becomes an attribute under its own name."""
    found: dict[str, str] = {}
    for place, column in enumerate(columns):
        values = [row[place] for row in rows if place < len(row)]
        target = _by_name(column) or _by_content(values)
        if target in found.values() or not target:
            target = _attribute(column)
        found[column] = target
    return found


def _by_name(column: str) -> str:
    return _BY_WORD.get(re.sub(r"[\s_\-]+", "", column.lower()), "")


def _by_content(values: Sequence[str]) -> str:
    given = [value for value in values if value.strip()]
    if not given:
        return ""
    if sum(normalise_email(value) is not None for value in given) > len(given) / 2:
        return "email"
    dialled = (v for v in given if v.strip().startswith("+") and normalise_phone(v))
    return "phone" if sum(1 for _ in dialled) > len(given) / 2 else ""


def _attribute(column: str) -> str:
    if column.startswith("Trellis "):
        return IGNORE
    key = re.sub(r"\W+", "_", column.strip().lower()).strip("_")[:64]
    if key and key[0].isdigit():
        key = f"column_{key}"[:64]
    return ATTRIBUTE + key if is_target(ATTRIBUTE + key) else IGNORE
