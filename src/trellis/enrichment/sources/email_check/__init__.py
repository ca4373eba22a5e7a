"""Email check: what an address tells without writing to it."""

from __future__ import annotations

from disposable_email_domains import blocklist
from django.utils.translation import gettext_lazy
from email_validator import EmailNotValidError, EmailUndeliverableError, validate_email

from trellis.core import http
from trellis.enrichment.types import Answer, Defined, Kind, Question, Settings
from trellis.people.companies import is_free

ROLES = frozenset(
    [
        "abuse",
        "accounts",
        "admin",
        "billing",
        "careers",
        "contact",
        "contacto",
        "enquiries",
        "hello",
        "help",
        "hola",
        "hr",
        "info",
        "jobs",
        "mail",
        "marketing",
        "noreply",
        "no-reply",
        "office",
        "orders",
        "postmaster",
        "press",
        "privacy",
        "reception",
        "sales",
        "security",
        "service",
        "support",
        "team",
        "webmaster",
    ]
)
"""Local parts that belong to a function, not to a person."""


class EmailCheck(Settings, frozen=True):
    """``mail_server``: also ask the DNS whether the domain takes mail, which needs a
    network."""

    mail_server: bool = False


def check(settings: EmailCheck) -> str:
    """Nothing can be wrong with them."""
    del settings
    return ""


def ask(settings: EmailCheck, question: Question) -> Answer:
    """The gravest finding counts; ``email_reason`` says it in a word."""
    address = str(question.person.values.get("email") or "")
    quality, reason = _judge(address, settings.mail_server)
    return Answer(traits={"email_quality": quality, "email_reason": reason})


def _judge(address: str, mail_server: bool) -> tuple[str, str]:
    try:
        found = validate_email(
            address, check_deliverability=mail_server, test_environment=not mail_server
        )
    except EmailUndeliverableError as error:
        if "timed out" in str(error) or "temporar" in str(error):
            raise http.Transient("dns", str(error)[:200]) from error
        return "bad", "no_mail_server"
    except EmailNotValidError:
        return "bad", "syntax"
    domain = found.ascii_domain or found.domain
    if domain in blocklist:
        return "bad", "disposable"
    if found.local_part.lower() in ROLES:
        return "role", "role_address"
    return ("private", "open_to_everybody") if is_free(domain) else ("work", "own_domain")


KIND = Kind(
    key="email_check",
    label=gettext_lazy("Email check"),
    about=gettext_lazy(
        "Says whether an address is of a person at work, private, of a function, or one to"
        " throw away. Nothing leaves this machine."
    ),
    settings=EmailCheck,
    ask=ask,
    check=check,
    needs=("email",),
    fills=(
        Defined(
            key="email_quality",
            label="Email quality",
            type="choice",
            options=("work", "private", "role", "bad"),
        ),
        Defined(key="email_reason", label="Why this email quality", type="text"),
    ),
)
