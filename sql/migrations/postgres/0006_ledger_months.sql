-- The months of the ledger. A month's table is made before its first row is written, by the worker that needs it, and
-- the next month's with it. Names are looked up in the search_path, so that a schema may be renamed.
-- A bulk load makes its months by ledger_make_month(at, false), with the one index that the fold asks (of event ids), and
-- when the rows are there runs what ledger_month_indexes names (side by side, if it likes) and then ledger_index_month,
-- which makes what is still missing. Until then readers of the ledger are slow, and nothing but speed depends on it.

-- The first day of the month of a time, in UTC.
CREATE FUNCTION ledger_month_of(at timestamptz) RETURNS date
LANGUAGE sql STABLE AS $$
    SELECT date_trunc('month', at AT TIME ZONE 'UTC')::date
$$;

-- What the table of that month is called.
CREATE FUNCTION ledger_month_table(month date) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT 'events_' || to_char(month, 'YYYY_MM')
$$;

-- Whether the table of that month is part of the ledger; null when there is no such table.
CREATE FUNCTION ledger_month_is_attached(month date) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = pg_class.oid AND inhparent = to_regclass('events'))
    FROM pg_class WHERE pg_class.oid = to_regclass(ledger_month_table(month))
$$;

-- Lets one session at a time change the months, until its transaction ends.
CREATE FUNCTION ledger_lock_months() RETURNS void
LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('mneme ledger months ' || current_schema(), 0))
$$;

-- Makes the table part of the ledger; readers and writers of other months are not kept waiting.
CREATE FUNCTION ledger_attach_table(month date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', ledger_month_table(month),
                   month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
END
$$;

-- The statements that make the month's indexes, each of which may run beside the others.
CREATE FUNCTION ledger_month_indexes(month date) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    SELECT format('CREATE %sINDEX IF NOT EXISTS %I ON %I %s',
                  kind, ledger_month_table(month) || suffix, ledger_month_table(month), what)
    FROM (VALUES
        ('UNIQUE ', '_pkey', '(sequence_id, recorded_at)'),
        ('UNIQUE ', '_stream_version', '(tenant, stream_id, version)'),
        ('UNIQUE ', '_event_id', '(event_id, tenant, stream_id) WHERE verdict <> ''duplicate'''),
        ('', '_correlation',
         '(tenant, (metadata ->> ''correlation_id''), sequence_id) WHERE (metadata ->> ''correlation_id'') IS NOT NULL'),
        ('', '_recorded', 'USING brin (recorded_at) WITH (autosummarize = on)')
    ) AS indexes (kind, suffix, what)
$$;

-- Makes those indexes of the month that it has not, and its primary key (sequence_id, recorded_at).
CREATE FUNCTION ledger_index_month(month date) RETURNS void
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
CREATE FUNCTION ledger_make_month(at timestamptz, with_indexes boolean, OUT month_begin timestamptz, OUT month_end timestamptz)
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
        EXECUTE (SELECT statement FROM ledger_month_indexes(month) AS statement WHERE statement LIKE '%event_id,%');
    END IF;
    PERFORM ledger_attach_table(month);
END
$$;

-- Takes a month that is over out of the ledger and tells its table's name. What the fold and the audit must go on
-- knowing of it is kept: the ids of its events, and where the chain enters and leaves it.
CREATE FUNCTION ledger_detach_month(month date) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
    name text := ledger_month_table(first_day);
BEGIN
    PERFORM ledger_lock_months();
    IF NOT coalesce(ledger_month_is_attached(first_day), false) THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = name || ' is no month of the ledger';
    END IF;
    IF (first_day + interval '1 month') AT TIME ZONE 'UTC' > clock_timestamp() THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = name || ' is not over';
    END IF;
    EXECUTE format('LOCK TABLE %I IN SHARE MODE', name);
    EXECUTE format('INSERT INTO detached_event_ids (event_id, tenant, stream_id, month) '
                   'SELECT event_id, tenant, stream_id, %L FROM %I WHERE verdict <> ''duplicate''', first_day, name);
    -- A run ends where a row of another month, or a month detached before, stands between.
    EXECUTE format($runs$
        INSERT INTO ledger_bases (kafka_partition, first_offset, last_offset, row_count, previous_hash, hash, month)
        WITH spans AS (
            SELECT kafka_partition, min(kafka_offset) AS low, max(kafka_offset) AS high FROM %1$I GROUP BY kafka_partition
        ), places AS (
            SELECT e.kafka_partition, e.kafka_offset, e.tableoid = %1$L::regclass AS is_inside
            FROM events e JOIN spans s ON s.kafka_partition = e.kafka_partition
                                      AND e.kafka_offset BETWEEN s.low AND s.high
            UNION ALL
            SELECT b.kafka_partition, b.first_offset, false
            FROM ledger_bases b JOIN spans s ON s.kafka_partition = b.kafka_partition
                                            AND b.first_offset BETWEEN s.low AND s.high
        ), numbered AS (
            SELECT kafka_partition, kafka_offset, is_inside,
                   row_number() OVER (PARTITION BY kafka_partition ORDER BY kafka_offset)
                   - row_number() OVER (PARTITION BY kafka_partition, is_inside ORDER BY kafka_offset) AS run
            FROM places
        ), runs AS (
            SELECT kafka_partition, min(kafka_offset) AS low, max(kafka_offset) AS high, count(*) AS row_count
            FROM numbered WHERE is_inside GROUP BY kafka_partition, run
        )
        SELECT r.kafka_partition, r.low, r.high, r.row_count,
               coalesce((SELECT before.hash
                         FROM ((SELECT e.kafka_offset AS place, e.hash FROM events e
                                WHERE e.kafka_partition = r.kafka_partition AND e.sequence_id < r.low * 4096
                                ORDER BY e.sequence_id DESC LIMIT 1)
                               UNION ALL
                               (SELECT b.last_offset AS place, b.hash FROM ledger_bases b
                                WHERE b.kafka_partition = r.kafka_partition AND b.last_offset < r.low
                                ORDER BY b.last_offset DESC LIMIT 1)) AS before
                         ORDER BY before.place DESC LIMIT 1),
                        decode(repeat('00', 32), 'hex')),
               (SELECT l.hash FROM %1$I l WHERE l.sequence_id = r.high * 4096 + r.kafka_partition), %2$L
        FROM runs r
    $runs$, name, first_day);
    EXECUTE format('ALTER TABLE events DETACH PARTITION %I', name);
    RETURN name;
END
$$;

-- Makes a month that was detached part of the ledger again. Its table must be as it was; `mneme audit verify` tells.
CREATE FUNCTION ledger_attach_month(month date) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
BEGIN
    PERFORM ledger_lock_months();
    IF coalesce(ledger_month_is_attached(first_day), true) THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = ledger_month_table(first_day) || ' is no detached month';
    END IF;
    PERFORM ledger_index_month(first_day);
    PERFORM ledger_attach_table(first_day);
    DELETE FROM ledger_bases b WHERE b.month = first_day;
    DELETE FROM detached_event_ids d WHERE d.month = first_day;
    RETURN ledger_month_table(first_day);
END
$$;
