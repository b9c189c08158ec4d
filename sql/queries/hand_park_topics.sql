-- The topics on which a worker waits at the message with the partition $1 and the offset $2, or on which that message
-- was parked by hand.
SELECT topic FROM schema_waits WHERE partition = $1::bigint AND kafka_offset = $2::bigint
UNION
SELECT topic FROM hand_parked WHERE partition = $1::bigint AND kafka_offset = $2::bigint
ORDER BY topic
