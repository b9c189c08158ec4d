-- Makes the chain of hashes again from the first event on that was applied after all, and lets the hot tier go back to
-- there; what was parked by hand is so no more: $1 topic, $2 partition, $3 its offset. With a long ledger that takes longer
-- than a worker waits before it ends the session of a partition's owner: until the end of the transaction it does not find
-- this one by its name.
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
