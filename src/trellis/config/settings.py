"""Django settings, all from the environment (``config.env``)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from trellis.config import logging
from trellis.config.env import Env, SettingError
from trellis.core.postgres import embedded

env = Env()
LEVELS = ("debug", "info", "warning", "error")
PACKAGE = Path(__file__).resolve().parent.parent

TRELLIS_DATA = env.path("TRELLIS_DATA")
TRELLIS_SANDBOX = env.bool("TRELLIS_SANDBOX")
TRELLIS_HOST = env.text("TRELLIS_HOST")
TRELLIS_PORT = env.int("TRELLIS_PORT")
TRELLIS_URL = env.text("TRELLIS_URL").rstrip("/") or f"http://{TRELLIS_HOST}:{TRELLIS_PORT}"
TRELLIS_SMTP_URL = env.text("TRELLIS_SMTP_URL")
TRELLIS_MAIL_FROM = env.text("TRELLIS_MAIL_FROM")
TRELLIS_CONSENT = env.choice("TRELLIS_CONSENT", ("explicit", "implied"))
TRELLIS_EVENT_MONTHS = env.int("TRELLIS_EVENT_MONTHS")
TRELLIS_ANONYMOUS_DAYS = env.int("TRELLIS_ANONYMOUS_DAYS")
TRELLIS_SCORE_DAYS = env.int("TRELLIS_SCORE_DAYS")
TRELLIS_PLACES, TRELLIS_PLACES_BASIS = env.places()
TRELLIS_PROXIES = env.list("TRELLIS_PROXIES")
TRELLIS_ADMIN_EMAIL = env.text("TRELLIS_ADMIN_EMAIL")
TRELLIS_METRICS_TOKEN = env.text("TRELLIS_METRICS_TOKEN")
TRELLIS_MIN_FREE_MB = env.int("TRELLIS_MIN_FREE_MB")
TRELLIS_EMBEDDED = not env.text("DATABASE_URL")
LOGGING = logging.configure(env.choice("TRELLIS_LOG_LEVEL", LEVELS).upper())


def _secret_key() -> str:
    if given := env.text("TRELLIS_SECRET_KEY"):
        return given
    file = TRELLIS_DATA / "secret_key"
    try:
        if not file.exists():
            TRELLIS_DATA.mkdir(parents=True, exist_ok=True)
            _write_once(file, secrets.token_urlsafe(48))
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise SettingError(
            f"The data folder {TRELLIS_DATA} cannot be used ({error.strerror}): run Trellis as"
            " its owner, or name another with TRELLIS_DATA."
        ) from error


def _write_once(file: Path, text: str) -> None:
    """Write a private file whole or not at all; the first of two writers wins."""
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(text, "utf-8")
    try:
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url or embedded(TRELLIS_DATA).url())
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SettingError(f"DATABASE_URL must begin with postgresql://, not {parts.scheme}://")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = query.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "trellis",
        "USER": unquote(parts.username or "postgres"),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(query.pop("port", "") or parts.port or ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": 16, "timeout": 5},
            "application_name": "trellis",
            **query,
        },
    }


SECRET_KEY = _secret_key()
DEBUG = env.bool("TRELLIS_DEBUG")
ALLOWED_HOSTS = env.list("TRELLIS_ALLOWED_HOSTS") or [
    urlsplit(TRELLIS_URL).hostname or "localhost",
    "localhost",
    "127.0.0.1",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [TRELLIS_URL]
DATABASES = {"default": _database(env.text("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "trellis.core",
    "trellis.accounts",
    "trellis.people",
    "trellis.events",
    "trellis.sources",
    "trellis.enrichment",
    "trellis.segments",
    "trellis.scoring",
    "trellis.leads",
    "trellis.messaging",
    "trellis.capture",
    "trellis.journeys",
    "trellis.reports",
    "trellis.pipeline",
    "trellis.api",
    "trellis.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "ninja",
    "template_partials",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "trellis.web.staff.middleware.ReaderMiddleware",
    "trellis.web.staff.middleware.StaffMiddleware",
    "trellis.api.idempotency.middleware",
]
ROOT_URLCONF = "trellis.config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "trellis.web.staff.shell.context",
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "trellis.web.templatetags.trellis",
            ],
        },
    }
]
ASGI_APPLICATION = "trellis.config.asgi.application"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "trellis.web.staff.adapter.StaffAccounts"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

USE_TZ = True
TIME_ZONE = env.zone("TRELLIS_TIME_ZONE")
USE_I18N = True
LANGUAGE_CODE = env.text("TRELLIS_LANGUAGE")
LANGUAGES = [
    ("en", _("English")),
    ("zh-hans", _("Chinese (simplified)")),
    ("es", _("Spanish")),
    ("ca", _("Catalan")),
    ("ru", _("Russian")),
]
LOCALE_PATHS = [PACKAGE / "locale"]
FORMAT_MODULE_PATH = ["trellis.config.formats"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "web" / "static", ("islands", PACKAGE / "web" / "islands")]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = TRELLIS_URL.startswith("https://")
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
X_FRAME_OPTIONS = "SAMEORIGIN"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
