-- For each partition the first offset among the events that were recorded since $1.
SELECT kafka_partition::bigint AS partition, min(kafka_offset) AS next_offset
FROM events
WHERE recorded_at >= $1::timestamptz
GROUP BY kafka_partition
