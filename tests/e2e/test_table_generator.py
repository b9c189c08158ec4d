"""Migrations that the fold cannot follow are refused when they are built, with the table and the column."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWN = [ROOT / "sql" / "migrations" / "0001_progress.sql", *sorted((ROOT / "sql" / "migrations" / "postgres").glob("*.sql"))]

ADDED = "9001_added.sql"
TABLE = """-- One more table.
CREATE TABLE dreams (
    dream_id        uuid             NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    vividness       bigint, -- from 1
    version         bigint           NOT NULL,
    source_event_id uuid             NOT NULL,
    source_sequence bigint           NOT NULL,
    valid_from      timestamptz      NOT NULL,
    PRIMARY KEY (dream_id, tenant, stream_id)
);
"""
HISTORY = """CREATE TABLE dreams_history (
    LIKE dreams,
    superseded_sequence bigint      NOT NULL,
    valid_to            timestamptz NOT NULL,
    PRIMARY KEY (dream_id, tenant, stream_id, version)
);
"""


def generate(folder, *texts):
    """Runs the generator on Mneme's migrations and these, behind them."""
    paths = []
    for number, text in enumerate(texts):
        paths.append(folder / f"{9001 + number}_added.sql")
        paths[-1].write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, ROOT / "sql" / "tables.py", folder / "out", *OWN, *paths],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, timeout=60, check=False,
    )


MISTAKES = {
    "a type that the fold does not write": (
        [TABLE.replace("vividness       bigint", "vividness       numeric(5, 2)")],
        "the column vividness of dreams has the type numeric(5, 2), which the fold does not write; use one of text, jsonb,"),
    "a column that is computed": (
        [TABLE.replace("vividness       bigint", "vividness       bigint GENERATED ALWAYS AS (version * 2) STORED")],
        "the column vividness of dreams has the type bigint GENERATED"),
    "a column on two lines": (
        [TABLE.replace("vividness       bigint", "vividness\n        bigint")],
        f"it cannot read {ADDED}: the column 'vividness' of dreams; teach it"),
    "NOT NULL behind DEFAULT": (
        [TABLE.replace("vividness       bigint", "vividness       bigint DEFAULT 1 NOT NULL")],
        "the column 'vividness       bigint DEFAULT 1 NOT NULL' of dreams"),
    "a key without a tenant": (
        [TABLE.replace("KEY (dream_id, tenant, stream_id)", "KEY (dream_id, stream_id)")],
        "the primary key of dreams lacks tenant"),
    "a key that names nothing": (
        [TABLE.replace("KEY (dream_id,", "KEY (id,")], "the primary key of dreams names id, which is not a column of it"),
    "a history without the new column": (
        [TABLE + HISTORY, "ALTER TABLE dreams\n    ADD COLUMN mood text;\n"],
        "dreams_history has no column like dreams.mood text; change both tables in one migration"),
    "a history of another type": (
        [TABLE + HISTORY, "ALTER TABLE dreams ALTER COLUMN vividness TYPE integer;\n"],
        "dreams_history has no column like dreams.vividness integer"),
    "a history with more": (
        [TABLE + HISTORY.replace("    superseded", "    reason text,\n    superseded")],
        "dreams_history must have the columns of dreams, and superseded_sequence and valid_to; it has reason beside"),
    "a change of no table": (["ALTER TABLE dreams\n    ADD COLUMN mood text;\n"], f"it cannot read {ADDED}: ALTER TABLE dreams"),
    "a change of no column": (
        [TABLE, "ALTER TABLE dreams ALTER COLUMN mood SET NOT NULL;\n"], "dreams: it has no column mood"),
    "a change that it does not know": (
        [TABLE, "ALTER TABLE dreams\n    ALTER COLUMN vividness ADD GENERATED ALWAYS AS IDENTITY;\n"],
        "ALTER COLUMN vividness ADD GENERATED ALWAYS AS IDENTITY of dreams"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_migration_that_cannot_be_followed_is_refused(tmp_path, name):
    texts, says = MISTAKES[name]
    done = generate(tmp_path, *texts)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("sql/tables.py: the tables were not made: ")
    assert says in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_final_state_of_a_table_is_what_all_migrations_leave(tmp_path):
    changes = """ALTER TABLE dreams
    ADD COLUMN mood text NOT NULL DEFAULT 'calm',
    DROP COLUMN vividness,
    ALTER COLUMN mood DROP NOT NULL;
ALTER TABLE dreams_history
    DROP COLUMN vividness,
    ADD COLUMN mood text;
"""
    done = generate(tmp_path, TABLE + HISTORY, changes)
    assert done.returncode == 0, done.stderr
    source = (tmp_path / "out" / "tables.c").read_text(encoding="utf-8")
    columns = source.partition("dreams_columns[] = {")[2].partition("}\n;")[0].partition("static_assert")[0]
    assert '{"mood", MNEME_COLUMN_TEXT, .is_nullable = true}' in columns
    assert '{"dream_id", MNEME_COLUMN_UUID, .is_nullable = false}' in columns
    assert "vividness" not in columns
    assert "&mneme_fold_table_dreams," in source
    header = (tmp_path / "out" / "tables.h").read_text(encoding="utf-8")
    assert "MNEME_FOLD_TABLE_DREAMS,\n" in header
    assert "DREAMS_HISTORY" not in header


def test_a_table_that_is_dropped_is_gone(tmp_path):
    done = generate(tmp_path, TABLE, "DROP TABLE dreams;\n")
    assert done.returncode == 0, done.stderr
    assert "DREAMS" not in (tmp_path / "out" / "tables.h").read_text(encoding="utf-8")


def test_tables_that_the_fold_does_not_keep_are_left_alone(tmp_path):
    done = generate(tmp_path, TABLE.replace("    valid_from      timestamptz      NOT NULL,\n", ""))
    assert done.returncode == 0, done.stderr
    assert "DREAMS" not in (tmp_path / "out" / "tables.h").read_text(encoding="utf-8")
