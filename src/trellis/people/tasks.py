"""Jobs of people: what changes many contacts at once."""

from __future__ import annotations

from procrastinate.contrib.django import app

from trellis.people import company_people, duplicates, renaming, tags


@app.task(name="people.rename_option")
def rename_option(renaming_id: int) -> None:
    """Write the new name of an option into all stored values."""
    renaming.run(renaming_id)


@app.task(name="people.take_tag_off")
def take_tag_off(key: str) -> None:
    """Take an archived tag off everybody."""
    tags.take_off(key)


@app.task(name="people.company_changed")
def company_changed(company_id: int, fields: list[str]) -> None:
    """Have the people of a company derived again."""
    company_people.tell(company_id, fields)


@app.task(name="people.find_employees")
def find_employees(company_id: int) -> None:
    """Give contacts with an address at a company's domains their company."""
    company_people.find(company_id)


@app.periodic(cron="* * * * *")
@app.task(
    name="people.find_duplicates", queueing_lock="find-duplicates", lock="find-duplicates"
)
def find_duplicates(timestamp: int) -> None:
    """Once a minute, look for duplicates of those who changed."""
    del timestamp
    duplicates.work()
