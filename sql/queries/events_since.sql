-- The offset of the first event recorded since $1, in each partition that has one.
SELECT kafka_partition::bigint AS partition, min(kafka_offset) AS next_offset
FROM events
WHERE recorded_at >= $1::timestamptz
GROUP BY kafka_partition
