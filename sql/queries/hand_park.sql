-- Parks a message that a worker is waiting at: $1 topic, $2 partition, $3 offset, $4 the reason, or null to use the
-- reason why the worker waits. Fences the ledger's worker, so that it cannot fold the message as an event at the same
-- time if its schema has just been found. If the ledger has already passed the message, nothing is parked.
WITH waiting AS (
    SELECT reason FROM schema_waits
    WHERE topic = $1 AND partition = $2::bigint AND kafka_offset = $3::bigint
    ORDER BY projection
    LIMIT 1
),
fenced AS (
    UPDATE progress SET epoch = epoch + 1
    WHERE projection = 'postgres' AND topic = $1 AND partition = $2::bigint AND next_offset <= $3::bigint
      AND EXISTS (SELECT FROM waiting)
      AND NOT EXISTS (SELECT FROM hand_parked h WHERE h.topic = $1 AND h.partition = $2::bigint AND h.kafka_offset = $3::bigint)
    RETURNING 1
),
parked AS (
    INSERT INTO hand_parked (topic, partition, kafka_offset, reason, parked_by)
    SELECT $1, $2::bigint, $3::bigint, coalesce($4, reason), current_setting('application_name')
    FROM waiting
    WHERE EXISTS (SELECT FROM fenced)
       OR NOT EXISTS (SELECT FROM progress WHERE projection = 'postgres' AND topic = $1 AND partition = $2::bigint)
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT EXISTS (SELECT FROM parked) AS is_parked,
       EXISTS (SELECT FROM hand_parked h
               WHERE h.topic = $1 AND h.partition = $2::bigint AND h.kafka_offset = $3::bigint) AS was_parked,
       EXISTS (SELECT FROM waiting) AS is_awaited
