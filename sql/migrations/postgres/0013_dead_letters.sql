-- What becomes of dead letters.

-- Where events were applied after all behind which the hot tier was already: its worker goes back to there once, and
-- takes from the tables what has changed.
CREATE TABLE redis_rewinds (
    topic        text    NOT NULL,
    partition    integer NOT NULL,
    kafka_offset bigint  NOT NULL, -- the lowest
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- What the ledger has parked, for the other projections, which have parked events of their own.
CREATE VIEW ledger_parked AS
SELECT partition AS kafka_partition, kafka_offset, blocked_by FROM parked_events WHERE projection = 'postgres';

-- Makes the chain of hashes again from an offset of a partition on, after rows came between: as it would be if they had
-- been there from the beginning.
CREATE FUNCTION ledger_rechain(chain_partition integer, from_offset bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first_sequence bigint := from_offset * 4096 + chain_partition;
    previous bytea := decode(repeat('00', 32), 'hex');
    last_sequence bigint;
    r record;
BEGIN
    IF EXISTS (SELECT FROM ledger_bases AS b WHERE b.kafka_partition = chain_partition AND b.last_offset > from_offset) THEN
        RAISE EXCEPTION 'the ledger''s rows behind %:% are in a month that is detached; attach it first (ledger_attach_month)',
            chain_partition, from_offset USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT before.hash INTO previous
    FROM (SELECT e.sequence_id, e.hash FROM events AS e
          WHERE e.kafka_partition = chain_partition AND e.sequence_id < first_sequence
            AND e.kafka_offset > coalesce((SELECT max(l.last_offset) FROM log_losses AS l
                                           WHERE l.kafka_partition = chain_partition), -1)
          UNION ALL
          SELECT b.last_offset * 4096 + chain_partition, b.hash FROM ledger_bases AS b
          WHERE b.kafka_partition = chain_partition) AS before
    ORDER BY before.sequence_id DESC
    LIMIT 1;
    previous := coalesce(previous, decode(repeat('00', 32), 'hex'));
    FOR r IN SELECT e.* FROM events AS e
             WHERE e.kafka_partition = chain_partition AND e.sequence_id >= first_sequence
             ORDER BY e.sequence_id
    LOOP
        previous := sha256(previous || (
            SELECT string_agg(coalesce(int4send(length(f.bytes)) || f.bytes, int4send(-1)), '' ORDER BY f.place)
            FROM (VALUES (1, int8send(r.sequence_id)), (2, uuid_send(r.event_id)), (3, textsend(r.tenant)),
                         (4, textsend(r.stream_id)), (5, textsend(r.event_type)), (6, int8send(r.version)),
                         (7, textsend(r.verdict::text)), (8, int8send(r.expected_version)),
                         (9, int8send(r.actual_version)), (10, jsonb_send(r.payload)), (11, jsonb_send(r.metadata)),
                         (12, textsend(r.agent_id)), (13, textsend(r.user_id)), (14, textsend(r.run_id)),
                         (15, textsend(r.conversation_id)), (16, textsend(r.actor)), (17, timestamptz_send(r.occurred_at)),
                         (18, timestamptz_send(r.recorded_at)), (19, int4send(r.kafka_partition)),
                         (20, int8send(r.kafka_offset))) AS f (place, bytes)));
        last_sequence := r.sequence_id;
        UPDATE events AS e SET hash = previous WHERE e.sequence_id = r.sequence_id AND e.recorded_at = r.recorded_at;
    END LOOP;
    IF last_sequence IS NOT NULL THEN
        INSERT INTO ledger_heads (kafka_partition, sequence_id, hash) VALUES (chain_partition, last_sequence, previous)
        ON CONFLICT (kafka_partition) DO UPDATE SET sequence_id = excluded.sequence_id, hash = excluded.hash;
    END IF;
END
$$;
