-- The topics on which a worker waits before the message at the partition $1 and offset $2, or where it was parked by hand.
SELECT topic FROM schema_waits WHERE partition = $1::bigint AND kafka_offset = $2::bigint
UNION
SELECT topic FROM hand_parked WHERE partition = $1::bigint AND kafka_offset = $2::bigint
ORDER BY topic
