-- Events of the batch that have no effect, one row for each: $1 topic, $2 partitions, $3 first offsets, $4 ends. An event
-- is refused by its verdict, or parked in the ledger (then blocked_by is set), or dropped there. Each part reads a range of
-- one index, so that the cost follows the batch and not what has piled up in the tables.
WITH batch AS (
    SELECT b.partition::integer, b.first_offset, b.end_offset
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS b(partition, first_offset, end_offset)
)
SELECT e.partition::bigint, e.kafka_offset, max(e.blocked_by) AS blocked_by, bool_or(e.is_dropped) AS is_dropped
FROM (
    SELECT v.kafka_partition AS partition, v.kafka_offset, NULL::bigint AS blocked_by, false AS is_dropped
    FROM batch b
    JOIN verdict_exceptions v
      ON v.kafka_partition = b.partition AND v.kafka_offset >= b.first_offset AND v.kafka_offset < b.end_offset
    UNION ALL
    SELECT p.partition, p.kafka_offset, p.blocked_by, false
    FROM batch b
    JOIN parked_events p
      ON p.projection = 'postgres' AND p.topic = $1::text
     AND p.partition = b.partition AND p.kafka_offset >= b.first_offset AND p.kafka_offset < b.end_offset
    UNION ALL
    SELECT d.partition, d.kafka_offset, NULL, true
    FROM batch b
    JOIN dropped_events d
      ON d.projection = 'postgres' AND d.topic = $1::text
     AND d.partition = b.partition AND d.kafka_offset >= b.first_offset AND d.kafka_offset < b.end_offset
) AS e
GROUP BY e.partition, e.kafka_offset
