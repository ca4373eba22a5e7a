"""trellis doctor names what is wrong and how to mend it; health says it to machines."""

from __future__ import annotations

import json

from tests.cli.process import Instance


def _findings(instance: Instance, **more: str) -> tuple[int, dict[str, dict[str, str]]]:
    done = instance.run("doctor", "--json", **more)
    found = json.loads(done.stdout)["findings"]
    return done.returncode, {finding["check"]: finding for finding in found}


def test_a_running_instance_is_well(running: Instance) -> None:
    code, found = _findings(running)
    assert code == 0
    assert {check for check, finding in found.items() if finding["state"] == "ok"} >= {
        "disk",
        "spool",
        "web",
        "database",
        "schema",
        "clock",
        "jobs",
        "lag",
    }


def test_an_instance_at_rest_is_told_how_to_start(instance: Instance) -> None:
    code, found = _findings(instance)
    assert code == 1
    assert found["database"]["state"] == "fail"
    assert "trellis up" in found["database"]["mend"]


def test_a_paused_instance_is_told_how_to_resume(running: Instance) -> None:
    assert running.run("sending", "pause").returncode == 0
    _, found = _findings(running)
    assert "trellis sending resume" in found["sending"]["mend"]
    assert running.run("sending", "resume").returncode == 0


def test_a_missing_migration_is_named(running: Instance) -> None:
    with running.database() as database:
        database.execute("CREATE TABLE kept AS SELECT * FROM django_migrations")
        database.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    code, found = _findings(running)
    with running.database() as database:
        database.execute(
            "INSERT INTO django_migrations SELECT * FROM kept WHERE app = 'sessions'"
        )
        database.execute("DROP TABLE kept")
    assert code == 1
    assert "trellis migrate" in found["schema"]["mend"]


def test_a_mail_server_that_does_not_answer_is_named(running: Instance) -> None:
    code, found = _findings(running, TRELLIS_SMTP_URL="smtp://127.0.0.1:1")
    assert code == 1
    assert "127.0.0.1 does not answer" in found["mail"]["found"]


def test_a_broken_rule_is_named(running: Instance) -> None:
    with running.database() as database:
        database.execute(
            "INSERT INTO signal (key, name, event_type, event_name, filter, value_prop, bucket,"
            " status, why, progress, epoch, created_at) VALUES ('x', 'Pricing', 'page',"
            " 'Page Viewed', '{}', '', 'engagement', 'broken', 'no such field', 0, 1, now())"
        )
    code, found = _findings(running)
    with running.database() as database:
        database.execute("DELETE FROM signal WHERE key = 'x'")
    assert code == 1
    assert "the signal Pricing is broken: no such field" in found["rules"]["found"]


def test_health_readiness_and_metrics_answer(running: Instance) -> None:
    assert running.get("/healthz") == (200, "ok\n")
    assert json.loads(running.get("/readyz")[1]) == {"ready": True, "why": ""}
    assert "trellis_database_up 1.0" in running.get("/metrics")[1]
    assert "trellis_spool_bytes 0" in running.get("/metrics")[1]
