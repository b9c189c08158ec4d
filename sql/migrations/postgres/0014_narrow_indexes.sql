-- Indexes that cost the fold less, with all that readers ask of them.

-- Rows without an agent are found by their user, or by their tenant in the index of users, which has all rows.
DROP INDEX memories_agent;
CREATE INDEX memories_agent ON memories (tenant, agent_id, created_at, id) WHERE agent_id IS NOT NULL;
DROP INDEX memories_history_agent;
CREATE INDEX memories_history_agent ON memories_history (tenant, agent_id, created_at, id) WHERE agent_id IS NOT NULL;

-- The statements that make the month's indexes, each of which may run beside the others. That a place of the log is in the
-- ledger once, and a version of a stream too, their keys make sure of. Which id is a duplicate the fold decides, and no index
-- beside it: looking an id up needs no more of it than the id, since hardly any two streams have one in common.
CREATE OR REPLACE FUNCTION ledger_month_indexes(month date) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    SELECT format('CREATE %sINDEX IF NOT EXISTS %I ON %I %s',
                  kind, ledger_month_table(month) || suffix, ledger_month_table(month), what)
    FROM (VALUES
        ('UNIQUE ', '_pkey', '(sequence_id)'),
        ('UNIQUE ', '_stream_version', '(tenant, stream_id, version)'),
        ('', '_event_id', '(event_id) WHERE verdict <> ''duplicate'''),
        ('', '_correlation',
         '(tenant, (metadata ->> ''correlation_id''), sequence_id) WHERE (metadata ->> ''correlation_id'') IS NOT NULL'),
        ('', '_recorded', 'USING brin (recorded_at) WITH (autosummarize = on)')
    ) AS indexes (kind, suffix, what)
$$;

-- Makes those indexes of the month that it has not, and its primary key (sequence_id).
CREATE OR REPLACE FUNCTION ledger_index_month(month date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    name text := ledger_month_table(month);
    statement text;
BEGIN
    FOR statement IN SELECT ledger_month_indexes(month) LOOP
        EXECUTE statement;
    END LOOP;
    IF NOT EXISTS (SELECT 1 FROM pg_index WHERE indrelid = to_regclass(name) AND indisprimary) THEN
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY USING INDEX %I', name, name || '_pkey');
    END IF;
END
$$;

-- Makes the month of that time, unless it is there, and tells its bounds. A month that is detached is not made again:
-- the error has SQLSTATE 55000.
CREATE OR REPLACE FUNCTION ledger_make_month(at timestamptz, with_indexes boolean,
                                             OUT month_begin timestamptz, OUT month_end timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    month date := ledger_month_of(at);
BEGIN
    month_begin := month::timestamp AT TIME ZONE 'UTC';
    month_end := (month + interval '1 month') AT TIME ZONE 'UTC';
    IF ledger_month_is_attached(month) THEN
        RETURN;
    END IF;
    PERFORM ledger_lock_months();
    IF ledger_month_is_attached(month) THEN
        RETURN;
    END IF;
    IF to_regclass(ledger_month_table(month)) IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = ledger_month_table(month) || ' is detached';
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE events)', ledger_month_table(month));
    IF with_indexes THEN
        PERFORM ledger_index_month(month);
    ELSE
        EXECUTE (SELECT statement FROM ledger_month_indexes(month) AS statement WHERE statement LIKE '%(event_id)%');
    END IF;
    PERFORM ledger_attach_table(month);
END
$$;

-- The months that are there, detached ones too.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind = 'r'
          AND c.relname ~ '^events_\d{4}_\d{2}$'
        ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT IF EXISTS %I', name, name || '_pkey');
        EXECUTE format('DROP INDEX IF EXISTS %I, %I', name || '_pkey', name || '_event_id');
        PERFORM ledger_index_month(to_date(right(name, 7), 'YYYY_MM'));
    END LOOP;
END
$$;
