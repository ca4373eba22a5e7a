"""Translations: extract, compile and check, without gettext programs.

    python -m tools.messages update    read the sources, add new strings to every .po
    python -m tools.messages compile   write every .mo from its .po
    python -m tools.messages check     fail where a string is missing, fuzzy or not compiled

Templates go through Django's own ``templatize``; Python and JavaScript through Babel.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "trellis"
LOCALE = PACKAGE / "locale"
LOCALES = ("zh_Hans", "es", "ca", "ru")
PLURALS = {
    "zh_Hans": "nplurals=1; plural=0;",
    "es": "nplurals=2; plural=(n != 1);",
    "ca": "nplurals=2; plural=(n != 1);",
    "ru": (
        "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4"
        " && (n%100<10 || n%100>=20) ? 1 : 2);"
    ),
}
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "mark": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
Key = tuple[str, str, str]
"""Context, message, plural ("" where there is none)."""
Found = dict[Key, list[tuple[str, str]]]
TABLED: Found = {
    ("", "%(n)d min", "%(n)d min"): [("web/templatetags/trellis.py", "")],
    ("", "%(n)d h", "%(n)d h"): [("web/templatetags/trellis.py", "")],
    ("", "%(n)d day", "%(n)d days"): [("web/templatetags/trellis.py", "")],
}
"""Strings that stand in a table and reach ngettext as variables, where Babel sees none."""
ERRORS = frozenset(
    {"TrellisError", "InvalidInput", "NotFound", "Forbidden", "Conflict", "Unavailable"}
)
"""Errors whose docstring is their default message, and the bases of further ones."""


def _extract(method: str, text: str) -> Iterator[tuple[int, Key]]:
    rows = extract(method, io.BytesIO(text.encode()), keywords=KEYWORDS)
    for line, messages, _comments, context in rows:
        parts = [messages] if isinstance(messages, str) else [m for m in messages if m]
        if parts and parts[0]:
            yield line, (context or "", parts[0], parts[1] if len(parts) > 1 else "")


def _sources() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*")):
        if "migrations" in path.parts or "vendor" in path.parts or not path.is_file():
            continue
        if path.suffix == ".py":
            yield "python", path
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            yield "template", path
        elif path.suffix in {".js", ".mjs"} and "islands" in path.parts:
            yield "javascript", path


def _defaults(text: str) -> Iterator[tuple[int, str]]:
    """The default messages of errors: the first line of their docstrings."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ClassDef):
            continue
        bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
        said = ast.get_docstring(node)
        if said and bases & ERRORS:
            yield node.lineno, said.splitlines()[0]


def found(domain: str) -> Found:
    """Every string of a domain (django, djangojs) with the places where it stands."""
    strings: Found = dict(TABLED) if domain == "django" else {}
    for kind, path in _sources():
        if (kind == "javascript") != (domain == "djangojs"):
            continue
        text = path.read_text("utf-8")
        origin = path.relative_to(PACKAGE).as_posix()
        if kind == "template":
            text, kind = templatize(text, origin=origin), "python"
            # templatize leaves the template's own text as X-ed out junk around the calls
            text = _calls_only(text)
        for line, key in _extract(kind, text):
            strings.setdefault(key, []).append((origin, str(line)))
        if kind == "python" and path.suffix == ".py":
            for line, said in _defaults(text):
                strings.setdefault(("", said, ""), []).append((origin, str(line)))
    return strings


def _calls_only(text: str) -> str:
    calls = re.compile(
        r"\b(?:gettext|ngettext|pgettext|npgettext|_)\((?:u?(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')[,\s]*|count\)?|[\w.]+)*\)",
        re.DOTALL,
    )
    return "\n".join(match.group(0) for match in calls.finditer(text))


def _file(locale: str, domain: str) -> Path:
    return LOCALE / locale / "LC_MESSAGES" / f"{domain}.po"


def _empty(locale: str) -> polib.POFile:
    catalogue = polib.POFile(wrapwidth=96)
    catalogue.metadata = {
        "Project-Id-Version": "Trellis",
        "Language": locale,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[locale],
    }
    return catalogue


def _key(entry: polib.POEntry) -> Key:
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def update() -> None:
    """Bring every .po to the strings of the sources; translations are kept."""
    for domain in ("django", "djangojs"):
        strings = found(domain)
        if not strings:
            continue
        for locale in LOCALES:
            path = _file(locale, domain)
            old = polib.pofile(str(path)) if path.exists() else _empty(locale)
            known = {_key(entry): entry for entry in old}
            fresh = _empty(locale)
            for key in sorted(strings, key=lambda k: (strings[k][0][0], k[1])):
                context, message, plural = key
                before = known.get(key)
                entry = polib.POEntry(
                    msgctxt=context or None,
                    msgid=message,
                    msgid_plural=plural or "",
                    msgstr=before.msgstr if before else "",
                    occurrences=[
                        (origin, "") for origin in sorted({o for o, _ in strings[key]})
                    ],
                    flags=["python-brace-format"]
                    if re.search(r"\{\w+\}", message)
                    else (["python-format"] if re.search(r"%\(\w+\)s|%[sd]", message) else []),
                )
                if plural:
                    count = 3 if locale == "ru" else 1 if locale == "zh_Hans" else 2
                    entry.msgstr_plural = (
                        before.msgstr_plural if before else dict.fromkeys(range(count), "")
                    )
                fresh.append(entry)
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.save(str(path))


def compile_all() -> None:
    """Write every .mo beside its .po."""
    for path in sorted(LOCALE.rglob("*.po")):
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


def problems() -> list[str]:
    """What is missing, fuzzy, wrong in its placeholders, or not compiled."""
    bad: list[str] = []
    for domain in ("django", "djangojs"):
        strings = found(domain)
        if not strings:
            continue
        for locale in LOCALES:
            path = _file(locale, domain)
            if not path.exists():
                bad.append(f"{locale}/{domain}: no file")
                continue
            catalogue = polib.pofile(str(path))
            known = {_key(entry): entry for entry in catalogue}
            bad += [
                f"{locale}: not in the file: {key[1]!r}"
                for key in strings.keys() - known.keys()
            ]
            bad += [
                f"{locale}: not used any more: {key[1]!r}"
                for key in known.keys() - strings.keys()
            ]
            for entry in catalogue:
                bad += [f"{locale}: {reason}: {entry.msgid!r}" for reason in _faults(entry)]
            if path.with_suffix(".mo").read_bytes() != catalogue.to_binary():
                bad.append(f"{locale}/{domain}: compile the .mo again")
    return bad


def _faults(entry: polib.POEntry) -> Iterator[str]:
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if entry.fuzzy or not all(texts):
        yield "not translated"
        return
    places = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%[sd]")
    wanted = set(places.findall(entry.msgid)) | set(places.findall(entry.msgid_plural or ""))
    for text in texts:
        named = set(places.findall(text))
        if named - wanted or (not entry.msgid_plural and wanted - named):
            yield f"placeholders {sorted(named)} differ from {sorted(wanted)}"
        if "%(" in entry.msgid and not _fills(text):
            yield "a per cent sign of its own is written %%"


def _fills(text: str) -> bool:
    """Whether a translation can be filled in; where not, Django shows the English text."""
    try:
        text % defaultdict(int)
    except (TypeError, ValueError):
        return False
    return True


def main(argv: list[str]) -> int:
    """Run one of the three verbs."""
    verb = argv[0] if argv else ""
    if verb == "update":
        update()
    elif verb == "compile":
        compile_all()
    elif verb == "check":
        for line in problems():
            print(line)
        return 1 if problems() else 0
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
