-- Events of a type are found without reading the others, the newest first.

-- The statements that make the month's indexes, each of which may run beside the others. That a place of the log is in the
-- ledger once, and a version of a stream too, their keys make sure of. Which id is a duplicate the fold decides, and no index
-- beside it: looking an id up needs no more of it than the id, since hardly any two streams have one in common. Duplicates
-- are in it too: one that says again what a turn says has an id of its own.
CREATE OR REPLACE FUNCTION ledger_month_indexes(month date) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    SELECT format('CREATE %sINDEX IF NOT EXISTS %I ON %I %s',
                  kind, ledger_month_table(month) || suffix, ledger_month_table(month), what)
    FROM (VALUES
        ('UNIQUE ', '_pkey', '(sequence_id)'),
        ('UNIQUE ', '_stream_version', '(tenant, stream_id, version)'),
        ('', '_event_id', '(event_id)'),
        ('', '_correlation',
         '(tenant, (metadata ->> ''correlation_id''), sequence_id) WHERE (metadata ->> ''correlation_id'') IS NOT NULL'),
        ('', '_causation',
         '(tenant, (metadata ->> ''causation_id''), sequence_id) WHERE (metadata ->> ''causation_id'') IS NOT NULL'),
        ('', '_type', '(tenant, event_type, recorded_at)'),
        ('', '_recorded', 'USING brin (recorded_at) WITH (autosummarize = on)')
    ) AS indexes (kind, suffix, what)
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
        PERFORM ledger_index_month(to_date(right(name, 7), 'YYYY_MM'));
    END LOOP;
END
$$;
