"""CSV imports: from a file in any usual form to facts, resumable, nothing silent."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from tests.capture.conftest import Upload
from trellis.accounts.types import SYSTEM, Actor
from trellis.capture.imports import actions, queries, run, sniff, targets
from trellis.capture.imports.types import options_of
from trellis.capture.models import Import, ImportFault
from trellis.core import clock
from trellis.core.errors import Conflict, Forbidden, InvalidInput
from trellis.events.models import Inbox
from trellis.events.types import Fact, decoder
from trellis.people.models import Contact
from trellis.pipeline.advance import run_batch
from trellis.sources.models import Source

NOBODY = Actor(kind="user", id=9, name="Vera", rights=frozenset({"imports.read"}))


def facts() -> list[Fact]:
    """The facts in the inbox, in order."""
    rows = Inbox.objects.order_by("id")
    return [fact for row in rows for fact in decoder.decode(bytes(row.facts))]


def read(source: Import) -> Import:
    """Start an import and read it to its end."""
    actions.start(SYSTEM, source.pk)
    return run.run(source.pk, paced=False)


def work() -> None:
    """Let the pipeline take everything out of the inbox."""
    while run_batch():
        pass


def test_a_row_becomes_one_fact_about_one_person(upload: Upload) -> None:
    source = upload(
        "Email,Имя,Teléfono,Revenue,VIP\nAnn@X.org,Анна,+34 612 345 678,1200.5,true\n"
    )
    done = read(source)
    (fact,) = facts()
    assert fact.message_id == f"import-{source.pk}-1"
    assert (fact.type, fact.origin) == ("identify", "import")
    assert fact.ids == (("email", "ann@x.org"), ("phone", "+34612345678"))
    assert fact.traits == {
        "email": "ann@x.org",
        "first_name": "Анна",
        "phone": "+34612345678",
        "revenue": 1200.5,
        "vip": True,
    }
    assert (done.state, done.rows_read, done.rows_accepted, done.percent) == ("done", 1, 1, 100)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("email,имя\na@x.org,Анна Каренина\nb@x.org,Пётр\n", "windows-1251"),
        ("邮箱,姓名,城市\na@x.org,王小明,北京\nb@x.org,李雷,上海\n", "gb18030"),
        ("email,nombre\na@x.org,Begoña Muñoz\nb@x.org,José Andrés\n", "windows-1252"),
        ("email,имя\na@x.org,Анна\n", "utf-8"),
    ],
)
def test_the_encoding_is_recognised(upload: Upload, text: str, encoding: str) -> None:
    source = upload(text.encode(encoding))
    assert options_of(source.options).layout.encoding == encoding
    assert read(source).rows_rejected == 0
    assert facts()[0].traits["email"] == "a@x.org"
    expected = {"Анна Каренина", "王小明", "Begoña Muñoz", "Анна"}
    assert expected & {str(value) for value in facts()[0].traits.values()}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_files_of_spreadsheets_are_read(upload: Upload, encoding: str) -> None:
    source = upload("email;имя\na@x.org;Анна\n".encode(encoding))
    assert list(source.mapping) == ["email", "имя"]
    read(source)
    assert [fact.traits["first_name"] for fact in facts()] == ["Анна"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised(upload: Upload, mark: str) -> None:
    source = upload(f"email{mark}city\na@x.org{mark}Roma\nb@x.org{mark}Pisa\n")
    assert options_of(source.options).layout.delimiter == mark
    assert source.mapping == {"email": "email", "city": "city"}


def test_a_file_without_header_gets_names_and_is_read_from_its_first_row(
    upload: Upload,
) -> None:
    source = upload("a@x.org,Roma\nb@x.org,Pisa\n")
    assert source.mapping == {"Column 1": "email", "Column 2": "attr.column_2"}
    assert read(source).rows_accepted == 2


def test_columns_of_one_name_are_told_apart() -> None:
    assert sniff.unique(["Email", "Email", " ", "Email"]) == [
        "Email",
        "Email (2)",
        "Column 3",
        "Email (3)",
    ]


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("E-mail", "email"),
        ("Correo electrónico", "attr.correo_electrónico"),
        ("手机", "phone"),
        ("Фамилия", "last_name"),
        ("Cognoms", "last_name"),
        ("Customer ID", "user_id"),
        ("Любимый цвет", "attr.любимый_цвет"),
        ("1st visit", "attr.column_1st_visit"),
        ("Trellis reason", ""),
    ],
)
def test_a_columns_name_suggests_its_target(column: str, target: str) -> None:
    assert targets.suggest([column], []) == {column: target}


def test_bad_rows_are_kept_with_their_reason_and_the_good_ones_go_on(upload: Upload) -> None:
    source = upload(
        "email,phone,revenue\n"
        "a@x.org,,10\n"
        "nonsense,,10\n"
        ",12,10\n"
        ",,10\n"
        "b@x.org,,ten\n"
        "c@x.org,,1,too,many\n"
        "d@x.org\n"
    )
    actions.configure(SYSTEM, source.pk, {}, {"types": {"revenue": "number"}})
    done = read(source)
    assert [fact.ids[0][1] for fact in facts()] == ["a@x.org", "d@x.org"]
    assert list(ImportFault.objects.order_by("row").values_list("row", "reason")) == [
        (2, "bad_email"),
        (3, "bad_phone"),
        (4, "no_identity"),
        (5, "bad_number"),
        (6, "too_many_cells"),
    ]
    assert done.rows_read == done.rows_accepted + done.rows_rejected == 7


def test_faulty_rows_can_be_mended_and_imported_again(upload: Upload) -> None:
    source = upload("email,phone,note\nbad,+34612345678,=1+1\n")
    read(source)
    lines = "".join(queries.fault_lines(source))
    assert lines.startswith("\ufeff")
    header, row = csv.reader(io.StringIO(lines.lstrip("\ufeff")))
    assert header == [
        "email",
        "phone",
        "note",
        "Trellis row",
        "Trellis reason",
        "Trellis detail",
    ]
    assert row == ["bad", "'+34612345678", "'=1+1", "1", "bad_email", "bad"]
    again = upload(lines.replace("bad,", "good@x.org,", 1))
    assert again.mapping["Trellis row"] == ""
    read(again)
    (fact,) = facts()
    assert fact.traits == {"email": "good@x.org", "phone": "+34612345678", "note": "=1+1"}


def test_text_the_encoding_does_not_know_rejects_only_its_row(upload: Upload) -> None:
    head = "email,имя\n" + "".join(f"u{i}@x.org,Анна\n" for i in range(20_000))
    source = upload(head.encode() + b"bad@x.org,\xff\xfe\n" + "z@x.org,Ян\n".encode())
    done = read(source)
    assert (done.rows_read, done.rows_rejected) == (20_002, 1)
    assert ImportFault.objects.get().reason == "bad_encoding"
    assert facts()[-1].traits["first_name"] == "Ян"


def test_line_breaks_inside_quotes_and_nul_bytes_do_not_shift_rows(upload: Upload) -> None:
    source = upload('email,note\na@x.org,"one\ntwo, ""three"""\n\nb@x.org,f\x00our\n')
    read(source)
    assert [fact.traits["note"] for fact in facts()] == ['one\ntwo, "three"', "four"]


def test_a_file_read_in_many_chunks_is_the_same_as_in_one(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "email,note\n" + "".join(f'u{i}@x.org,"line\n{i}"\n\n' for i in range(57))
    read(upload(text))
    whole = [(fact.message_id.rpartition("-")[2], fact.traits) for fact in facts()]
    Inbox.objects.all().delete()
    monkeypatch.setattr(run, "CHUNK", 5)
    read(upload(text))
    assert [(fact.message_id.rpartition("-")[2], fact.traits) for fact in facts()] == whole


def test_an_import_killed_in_the_middle_goes_on_where_it_was(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = upload("email\n" + "".join(f"u{i}@x.org\n" for i in range(100)))
    monkeypatch.setattr(run, "CHUNK", 10)
    actions.start(SYSTEM, source.pk)
    put = run.inbox.put
    calls = iter([*range(4)])

    def fail_at_the_fifth(batch: list[Fact]) -> None:
        put(batch)
        if next(calls, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(run.inbox, "put", fail_at_the_fifth)
    with pytest.raises(KeyboardInterrupt):
        run.run(source.pk, paced=False)
    monkeypatch.setattr(run.inbox, "put", put)
    source.refresh_from_db()
    assert (source.state, source.rows_read) == ("running", 40)
    assert run.run(source.pk, paced=False).state == "done"
    assert [fact.ids[0][1] for fact in facts()] == [f"u{i}@x.org" for i in range(100)]
    assert run.run(source.pk, paced=False).rows_read == 100
    assert len(facts()) == 100


def test_a_cancelled_import_reads_no_further(upload: Upload) -> None:
    source = upload("email\na@x.org\n")
    actions.start(SYSTEM, source.pk)
    actions.cancel(SYSTEM, source.pk)
    actions.cancel(SYSTEM, source.pk)
    assert run.run(source.pk, paced=False).state == "cancelled"
    assert facts() == []


def test_a_file_that_is_gone_fails_with_a_sentence(upload: Upload) -> None:
    source = upload("email\na@x.org\n")
    source.file.unlink()
    done = read(source)
    assert (done.state, done.why) == (
        "failed",
        "The file cannot be read: No such file or directory.",
    )


def test_old_uploads_are_deleted_and_running_ones_are_not(upload: Upload) -> None:
    ended, waiting = read(upload("email\na@x.org\n")), upload("email\nb@x.org\n")
    assert not Path(ended.path).is_absolute()
    assert actions.tidy(clock.now() - timedelta(days=1)) == 0
    assert actions.tidy(clock.now() + timedelta(days=1)) == 1
    assert not ended.file.exists()
    assert waiting.file.exists()
    with pytest.raises(Conflict):
        actions.delete_file(SYSTEM, waiting.pk)
    actions.cancel(SYSTEM, waiting.pk)
    actions.delete_file(SYSTEM, waiting.pk)
    assert not waiting.file.exists()


@pytest.mark.parametrize(
    ("mapping", "options", "sentence"),
    [
        ({"email": ""}, {}, "One column must be the email"),
        ({"nowhere": "email"}, {}, "The file has no column nowhere"),
        ({"city": "planet"}, {}, "planet is no field"),
        ({"city": "email"}, {}, "Two columns go to email"),
        ({}, {"consent": ["marketing"]}, "needs the wording"),
        ({"city": "consent.marketing"}, {}, "needs the wording"),
        ({}, {"consent": ["world"], "wording": "x"}, "no purpose world"),
        ({}, {"source": "nowhere"}, "no source nowhere"),
        ({}, {"update": "sometimes"}, "update must be"),
        ({}, {"types": {"city": "colour"}}, "no type of a column"),
        ({}, {"consent": "marketing"}, "Expected `array`"),
        ({}, {"layout": {"encoding": "klingon"}}, "does not read this encoding"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    upload: Upload, mapping: dict[str, str], options: dict[str, object], sentence: str
) -> None:
    source = upload("email,city\na@x.org,Roma\n")
    with pytest.raises(InvalidInput, match=sentence):
        actions.configure(SYSTEM, source.pk, mapping, options)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04rest of a spreadsheet", b"%PDF-1.7 more"])
def test_what_is_no_table_is_refused(upload: Upload, data: bytes) -> None:
    with pytest.raises(InvalidInput):
        upload(data)
    assert not Import.objects.exists()


def test_an_import_starts_once_and_by_whom_may(upload: Upload) -> None:
    source = upload("email\na@x.org\n")
    with pytest.raises(Forbidden):
        actions.start(NOBODY, source.pk)
    actions.start(SYSTEM, source.pk)
    with pytest.raises(Conflict):
        actions.start(SYSTEM, source.pk)
    with pytest.raises(Conflict):
        actions.configure(SYSTEM, source.pk, {}, {})


def test_consent_and_source_stand_in_every_fact(upload: Upload) -> None:
    Source.objects.get_or_create(key="fair", defaults={"name": "Fair"})
    source = upload("email,agreed\na@x.org,да\nb@x.org,no\nc@x.org,perhaps\n")
    actions.configure(
        SYSTEM,
        source.pk,
        {"agreed": "consent.marketing"},
        {"source": "fair", "consent": ["sales_contact"], "wording": "I want news"},
    )
    read(source)
    first, second = facts()
    assert first.props["source"] == "fair"
    assert [(c["purpose"], c["given"], c["wording"]) for c in first.consent] == [
        ("sales_contact", True, "I want news"),
        ("marketing", True, "I want news"),
    ]
    assert second.consent[1]["given"] is False
    assert ImportFault.objects.get().reason == "bad_boolean"


def test_the_preview_tries_without_writing(upload: Upload) -> None:
    source = upload("email\na@x.org\nbad\nb@x.org\n")
    with transaction.atomic():
        shown = queries.preview(source)
    assert (shown.tried, shown.accepted, shown.known) == (3, 2, 0)
    assert shown.faults == {"bad_email": 1}
    assert shown.examples == [(2, "bad_email", "bad")]
    assert facts() == []


def test_an_import_that_only_fills_leaves_what_is_known(upload: Upload) -> None:
    read(upload("email,city\na@x.org,Roma\n"))
    filling = upload("email,city,first_name\na@x.org,Pisa,Anna\n")
    actions.configure(SYSTEM, filling.pk, {}, {"update": "empty"})
    read(filling)
    work()
    contact = Contact.objects.get(email="a@x.org")
    assert (contact.city, contact.first_name) == ("Roma", "Anna")


def test_the_same_person_twice_is_one_contact(upload: Upload) -> None:
    read(upload("email,city\na@x.org,Roma\nA@X.ORG,Pisa\n"))
    read(upload("email,phone\na@x.org,+34612345678\n"))
    work()
    contact = Contact.objects.get(known=True, merged_into=None)
    assert (contact.email, contact.phone) == ("a@x.org", "+34612345678")


def test_a_file_of_endless_columns_is_refused_at_once() -> None:
    line = ",".join(f"c{place}" for place in range(sniff.MOST_COLUMNS + 1))
    with pytest.raises(InvalidInput, match="501"):
        sniff.layout_of(line.encode())
