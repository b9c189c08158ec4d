-- Moves a parked event to the dropped ones: $1 projection, $2 topic, $3 partition, $4 offset, $5 a note or null. If the
-- ledger had parked it, the hot tier goes back to the event.
WITH gone AS (
    DELETE FROM parked_events
    WHERE projection = $1::text AND topic = $2::text AND partition = $3::bigint AND kafka_offset = $4::bigint
    RETURNING *
),
rewound AS (
    INSERT INTO redis_rewinds AS r (topic, partition, kafka_offset)
    SELECT topic, partition, kafka_offset FROM gone WHERE projection = 'postgres'
    ON CONFLICT (topic, partition) DO UPDATE SET kafka_offset = least(r.kafka_offset, excluded.kafka_offset)
)
INSERT INTO dropped_events (projection, topic, partition, kafka_offset, key, value, reason, blocked_by, recorded_at, parked_at,
                            note, dropped_by)
SELECT projection, topic, partition, kafka_offset, key, value, reason, blocked_by, recorded_at, parked_at,
       $5::text, current_setting('application_name')
FROM gone
ON CONFLICT DO NOTHING
RETURNING 1
