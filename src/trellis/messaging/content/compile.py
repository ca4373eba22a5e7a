"""A template version, compiled once per locale: all that does not depend on the contact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from trellis.core.errors import InvalidInput
from trellis.messaging.content import liquid, mime, mjml, plain
from trellis.messaging.models import TemplateVersion
from trellis.messaging.types import MARKETING

_ANCHOR = re.compile(
    r"(<(?:a|area)\b[^>]*?\bhref\s*=\s*)(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE | re.DOTALL
)
_OWN = re.compile(r"\{\{-?\s*(?:unsubscribe_url|preference_url|view_url)\b")
_BODY_END = re.compile(r"</body\s*>(?!.*</body\s*>)", re.IGNORECASE | re.DOTALL)
_PREHEADER = '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{}</div>'
_BODY_START = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_PIXEL = (
    '{% if open_url %}<img src="{{ open_url }}" width="1" height="1" alt=""'
    ' style="display:block;border:0;width:1px;height:1px">{% endif %}'
)

SCRIPTS = {"cn": "hans", "sg": "hans", "my": "hans", "tw": "hant", "hk": "hant", "mo": "hant"}
"""Chinese is written in two scripts; a region implies one."""


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """One locale of one version, ready to be filled. ``head`` holds the header lines that
    are the same for everybody; ``sender`` is the envelope sender."""

    version_id: int
    template: str
    purpose: str
    locale: str
    subject: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate
    head: bytes
    sender: str
    domain: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something to mend in a template: which variant and part, which line (1-based)."""

    locale: str
    part: str
    line: int
    message: str

    def sentence(self) -> str:
        """For people: "es, mjml, line 3: …"."""
        where = f"{self.locale or gettext('default')}, {self.part}"
        return f"{where}, line {self.line}: {self.message}"


def locale_chain(locale: str) -> list[str]:
    """The variants to try for a contact, most specific first; "" is the fallback."""
    parts = [part.lower() for part in re.split(r"[-_]", locale.strip()) if part]
    if not parts:
        return [""]
    chain = ["-".join(parts[:n]) for n in range(len(parts), 0, -1)]
    if parts[0] == "zh":
        script = next((SCRIPTS[part] for part in parts[1:] if part in SCRIPTS), "hans")
        if not {"hans", "hant"} & set(parts[1:]):
            chain.insert(-1, f"zh-{script}")
    return [*chain, ""]


def choose(variants: Mapping[str, Any], locale: str) -> str:
    """The key of ``variants`` that fits ``locale`` best."""
    known = {key.lower().replace("_", "-"): key for key in variants}
    for wanted in locale_chain(locale):
        if wanted in known:
            return known[wanted]
    return next(iter(sorted(variants)), "")


@lru_cache(maxsize=512)
def compiled(version_id: int, locale: str) -> Compiled:
    """The compiled variant that fits ``locale``. Versions never change, so this is kept."""
    version = TemplateVersion.objects.select_related("template").get(id=version_id)
    return compile_version(version, choose(version.variants, locale))


def compile_version(version: TemplateVersion, key: str) -> Compiled:
    """Compile variant ``key`` of ``version``; raises ``InvalidInput`` where it cannot."""
    variant = version.variants.get(key, {})
    purpose = version.template.purpose
    try:
        html, text = sources(variant, purpose, key)
        name, address = mime.split_mailbox(settings.TRELLIS_MAIL_FROM)
        if version.from_email:
            name, address = version.from_name, mime.split_mailbox(version.from_email)[1]
        elif version.from_name:
            name = version.from_name
        sender = mime.ascii_address(address)
        head = mime.mailbox("From", name, sender)
        if version.reply_to:
            reply_name, reply = mime.split_mailbox(version.reply_to)
            head += mime.mailbox("Reply-To", reply_name, mime.ascii_address(reply))
        return Compiled(
            version_id=version.id,
            template=version.template.key,
            purpose=purpose,
            locale=key,
            subject=liquid.TEXT.from_string(str(variant.get("subject", ""))),
            html=liquid.HTML.from_string(html),
            text=liquid.TEXT.from_string(text),
            head=head,
            sender=sender,
            domain=sender.rpartition("@")[2],
        )
    except (mjml.MjmlError, LiquidError) as error:
        raise InvalidInput(str(error).splitlines()[0]) from error


def sources(variant: Mapping[str, Any], purpose: str, locale: str) -> tuple[str, str]:
    """The Liquid sources of the HTML and the text part: MJML converted, links marked for
    signing, a way out added where a marketing message has none, the pixel added."""
    if mjml_source := variant.get("mjml"):
        html = mjml.to_html(str(mjml_source))
    else:
        html = str(variant.get("html") or "")
    preheader = str(variant.get("preheader") or "")
    if preheader and "<mj-preview" not in str(mjml_source):
        html = _insert_after_body(html, _PREHEADER.format(preheader))
    if purpose == MARKETING and "unsubscribe_url" not in html:
        html = _insert_before_end(html, _footer(locale))
    html = _mark_links(html)
    text = str(variant.get("text") or "")
    if not text:
        mask = liquid.Mask()
        text = mask.show(plain.text_of(mask.hide(html)))
    elif purpose == MARKETING and "unsubscribe_url" not in text:
        text += "\n\n" + _unsubscribe_word(locale) + ": {{ unsubscribe_url }}\n"
    return _insert_before_end(html, _PIXEL), text


def check(variants: Mapping[str, Any], purpose: str) -> list[Problem]:
    """Everything that keeps ``variants`` from being sent, with line numbers."""
    found: list[Problem] = []
    if "" not in variants:
        found.append(
            Problem(locale="", part="subject", line=1, message="the default is missing")
        )
    for locale, variant in variants.items():
        found += _check_variant(locale, variant, purpose)
    return found


def _check_variant(locale: str, variant: Mapping[str, Any], purpose: str) -> list[Problem]:
    def problem(part: str, line: int, message: str) -> Problem:
        return Problem(locale=locale, part=part, line=line, message=message)

    found = [
        problem(part, line, message)
        for part in ("subject", "preheader", "mjml", "html", "text")
        for line, message in liquid.problems(str(variant.get(part) or ""))
    ]
    if not str(variant.get("subject") or "").strip():
        found.append(problem("subject", 1, "the subject is empty"))
    if not (variant.get("mjml") or variant.get("html")):
        found.append(problem("html", 1, "there is no content"))
    if found:
        return found
    try:
        html, text = sources(variant, purpose, locale)
        liquid.HTML.from_string(html)
        liquid.TEXT.from_string(text)
    except mjml.MjmlError as error:
        found.append(problem("mjml", error.line, str(error)))
    except LiquidError as error:
        found.append(problem("mjml" if variant.get("mjml") else "html", 1, str(error)))
    return found


def _mark_links(html: str) -> str:
    mask = liquid.Mask()
    hidden = mask.hide(html)
    numbers = iter(range(1, 10_000))

    def mark(match: re.Match[str]) -> str:
        target = mask.show(match.group(2) or match.group(3) or "")
        if not target or target.startswith(("#", "mailto:", "tel:", "sms:")):
            return match.group()
        if _OWN.match(target.strip()):
            return match.group()
        number = next(numbers)
        return (
            f'{match.group(1)}"{{% capture _url %}}{target}{{% endcapture %}}'
            f'{{{{ {number} | link: _url }}}}"'
        )

    return mask.show(_ANCHOR.sub(mark, hidden))


def _insert_before_end(html: str, addition: str) -> str:
    match = _BODY_END.search(html)
    at = match.start() if match else len(html)
    return html[:at] + addition + html[at:]


def _insert_after_body(html: str, addition: str) -> str:
    match = _BODY_START.search(html)
    at = match.end() if match else 0
    return html[:at] + addition + html[at:]


def _unsubscribe_word(locale: str) -> str:
    language = locale.lower() or settings.LANGUAGE_CODE
    with translation.override(language if translation.check_for_language(language) else None):
        return gettext("Unsubscribe")


def _footer(locale: str) -> str:
    return (
        '<div style="padding:16px;text-align:center;font:12px/1.5 sans-serif;color:#767676">'
        f'<a href="{{{{ unsubscribe_url }}}}" style="color:#767676">{_unsubscribe_word(locale)}'
        "</a></div>"
    )
