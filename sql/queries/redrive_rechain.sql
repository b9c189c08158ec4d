-- Computes the chain of hashes again from the first event on that was applied by a redrive: $1 topic, $2 partition,
-- $3 the offset of that event. Makes the hot tier go back to it, and deletes from hand_parked the messages that the
-- ledger has now. With a long ledger this takes longer than a worker waits before it ends the session of a partition's
-- owner: the session has another application_name until the end of the transaction, so that the worker does not find
-- it.
WITH rewound AS (
    INSERT INTO redis_rewinds AS r (topic, partition, kafka_offset)
    VALUES ($1::text, $2::bigint, $3::bigint)
    ON CONFLICT (topic, partition) DO UPDATE SET kafka_offset = least(r.kafka_offset, excluded.kafka_offset)
),
taken_back AS (
    DELETE FROM hand_parked AS h
    WHERE h.topic = $1::text AND h.partition = $2::bigint
      AND EXISTS (SELECT FROM events AS e WHERE e.sequence_id = h.kafka_offset * 4096 + h.partition)
)
SELECT set_config('application_name', 'mneme-redrive', true), ledger_rechain($2::bigint::integer, $3::bigint)
