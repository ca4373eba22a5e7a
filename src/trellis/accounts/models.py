"""Users, keys and the audit trail."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from trellis.core import clock


class Role(models.TextChoices):
    """What a user may do; the rights of each role stand in ``accounts.actions``."""

    ADMIN = "admin", _("Administrator")
    MARKETER = "marketer", _("Marketer")
    SUPERVISOR = "supervisor", _("Supervisor")
    MDR = "mdr", _("Market development")
    SDR = "sdr", _("Sales development")
    SALES = "sales", _("Salesperson")
    VIEWER = "viewer", _("Viewer")


class UserManager(BaseUserManager["User"]):
    """Makes users whose email is the login."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create and save a user; the email is stored in lower case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> User:
        """Create an administrator."""
        return self.create_user(email, password, role=Role.ADMIN, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff. Language, zone and theme are their own choice ("" = browser's)."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MARKETER)
    language = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    theme = models.CharField(max_length=8, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    @property
    def is_staff(self) -> bool:
        """Every user is staff; rights come from the role."""
        return self.is_active

    @override
    def __str__(self) -> str:
        return self.name or self.email


class KeyKind(models.TextChoices):
    """A write key only collects facts and may be public; an API key is secret."""

    WRITE = "write", "Write key"
    API = "api", "API key"


class Key(models.Model):
    """A credential of a program. ``token`` is kept in clear for write keys only, which
    stand in public pages anyway; API keys keep ``token_hash`` and ``prefix``.

    ``tracking`` says how the tracker behaves for a write key (``tracking.options``);
    ``version`` counts its changes."""

    kind = models.CharField(max_length=8, choices=KeyKind.choices)
    name = models.CharField(max_length=120)
    token = models.CharField(max_length=80, blank=True)
    prefix = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    tracking = models.JSONField(default=dict)
    version = models.IntegerField(default=1, db_default=1)

    @override
    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Audit(models.Model):
    """One change made by somebody or something; append only."""

    at = models.DateTimeField(default=clock.now, db_index=True)
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    summary = models.CharField(max_length=300)
    change = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id", "-at"])]

    @override
    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.object_type} {self.object_id}"


class Notice(models.Model):
    """Something a member of staff should know, shown in the product and, where ``mail``, sent
    to their address. ``cause`` makes each unique for its user; ``contact_id`` is whom it is
    about."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    at = models.DateTimeField()
    cause = models.CharField(max_length=120)
    text = models.CharField(max_length=300)
    detail = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=300, blank=True)
    contact_id = models.BigIntegerField(null=True, db_index=True)
    mail = models.BooleanField(default=False)
    mailed_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "cause"], name="notice_once"),
        ]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notice_newest"),
            models.Index(
                fields=["user"],
                name="notice_unread",
                condition=models.Q(read_at__isnull=True),
            ),
        ]

    @override
    def __str__(self) -> str:
        return self.text
