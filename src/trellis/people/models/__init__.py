"""Contacts and what belongs to them, by idea."""

from __future__ import annotations

from trellis.people.models.companies import Company, CompanyKey, CompanyMerge
from trellis.people.models.consents import Consent, Suppression
from trellis.people.models.contacts import (
    Contact,
    ContactIdentity,
    Identity,
    Standing,
    Tombstone,
)
from trellis.people.models.definitions import (
    Attribute,
    CompanyAttribute,
    Definition,
    Renaming,
    Tag,
)
from trellis.people.models.duplicates import (
    Duplicate,
    IdentityConflict,
    Likeness,
    LikenessDue,
    Merge,
)

__all__ = [
    "Attribute",
    "Company",
    "CompanyAttribute",
    "CompanyKey",
    "CompanyMerge",
    "Consent",
    "Contact",
    "ContactIdentity",
    "Definition",
    "Duplicate",
    "Identity",
    "IdentityConflict",
    "Likeness",
    "LikenessDue",
    "Merge",
    "Renaming",
    "Standing",
    "Suppression",
    "Tag",
    "Tombstone",
]
