-- What decisions, hand-offs and knowledge say, and turns that are corrected.

ALTER TABLE agent_decisions
    ADD COLUMN context_summary text,           -- the context in a sentence or two
    ADD COLUMN cross_agent_collaboration jsonb -- how other agents had a part in it
;

ALTER TABLE agent_handoffs
    ADD COLUMN handoff_type text COLLATE "C", -- consultation unless the event says otherwise
    ADD COLUMN urgency text COLLATE "C",      -- low, normal, medium, high or critical
    ADD COLUMN expected_duration text,
    ADD COLUMN requires_response boolean      -- null in those that were written before it was asked
;

ALTER TABLE knowledge
    ADD COLUMN validated_at timestamptz -- when it was checked
;
ALTER TABLE knowledge_history
    ADD COLUMN validated_at timestamptz
;

-- Knowledge.
CREATE OR REPLACE FUNCTION knowledge_as_of(as_of timestamptz, as_of_partition integer DEFAULT NULL, as_of_sequence bigint DEFAULT NULL)
RETURNS SETOF knowledge LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT k.*
    FROM knowledge AS k
    WHERE happened(k.source_sequence, k.valid_from, as_of, as_of_partition, as_of_sequence)
    UNION ALL
    SELECT h.knowledge_id, h.tenant, h.stream_id, h.agent_id, h.user_id, h.domain, h.knowledge_type, h.content,
           h.confidence, h.evidence, h.validation_status, h.metadata, h.created_at, h.updated_at, h.version,
           h.source_event_id, h.source_sequence, h.valid_from, h.validated_at
    FROM knowledge_history AS h
    WHERE as_of IS NOT NULL
      AND happened(h.source_sequence, h.valid_from, as_of, as_of_partition, as_of_sequence)
      AND NOT happened(h.superseded_sequence, h.valid_to, as_of, as_of_partition, as_of_sequence)
$$;

-- A turn that is stored again at its index is corrected; the former one goes into the history.
ALTER TABLE conversation_turns
    ADD COLUMN corrected_at timestamptz, -- occurred_at of the event that corrected it; null if none did
    ADD COLUMN first_sequence bigint     -- the ledger's place of the event that stored it first; null: source_sequence
;
ALTER TABLE conversation_turns_history
    ADD COLUMN corrected_at timestamptz,
    ADD COLUMN first_sequence bigint
;

-- Turns.
CREATE OR REPLACE FUNCTION conversation_turns_as_of(as_of timestamptz, as_of_partition integer DEFAULT NULL,
                                                    as_of_sequence bigint DEFAULT NULL)
RETURNS SETOF conversation_turns LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT t.*
    FROM conversation_turns AS t
    WHERE happened(t.source_sequence, t.valid_from, as_of, as_of_partition, as_of_sequence)
    UNION ALL
    SELECT h.conversation_id, h.tenant, h.stream_id, h.turn_index, h.role, h.speaker, h.content, h.content_hash,
           h.token_count, h.model, h.metadata, h.created_at, h.source_event_id, h.source_sequence, h.valid_from,
           h.corrected_at, h.first_sequence
    FROM conversation_turns_history AS h
    WHERE as_of IS NOT NULL
      AND happened(h.source_sequence, h.valid_from, as_of, as_of_partition, as_of_sequence)
      AND NOT happened(h.superseded_sequence, h.valid_to, as_of, as_of_partition, as_of_sequence)
$$;

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
        ('', '_recorded', 'USING brin (recorded_at) WITH (autosummarize = on)')
    ) AS indexes (kind, suffix, what)
$$;

-- Takes a month that is over out of the ledger and tells its table's name. What the fold and the audit must go on
-- knowing of it is kept: the ids of its events, and where the chain enters and leaves it.
CREATE OR REPLACE FUNCTION ledger_detach_month(month date) RETURNS text
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
                   'SELECT event_id, tenant, stream_id, %L FROM %I ON CONFLICT DO NOTHING', first_day, name);
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
        EXECUTE format('DROP INDEX IF EXISTS %I', name || '_event_id');
        PERFORM ledger_index_month(to_date(right(name, 7), 'YYYY_MM'));
    END LOOP;
END
$$;
