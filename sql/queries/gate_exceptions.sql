-- Events of the batch that have no effect: $1 topic, $2 partitions, $3 first offsets, $4 ends. An event is in one of the
-- three parts: refused by its verdict, parked in the ledger (blocked_by is the offset that it waits behind), or dropped
-- there. Each part reads a range of one index, so that the cost follows the batch and not what has piled up in the tables.
WITH batch AS (
    SELECT b.partition::integer, b.first_offset, b.end_offset
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS b(partition, first_offset, end_offset)
)
SELECT v.kafka_partition::bigint, v.kafka_offset, NULL::bigint AS blocked_by, false AS is_dropped
FROM batch b
JOIN verdict_exceptions v
  ON v.kafka_partition = b.partition AND v.kafka_offset >= b.first_offset AND v.kafka_offset < b.end_offset
UNION ALL
SELECT p.kafka_partition, p.kafka_offset, p.blocked_by, false
FROM batch b
JOIN ledger_parked p
  ON p.topic = $1::text
 AND p.kafka_partition = b.partition AND p.kafka_offset >= b.first_offset AND p.kafka_offset < b.end_offset
UNION ALL
SELECT d.kafka_partition, d.kafka_offset, NULL, true
FROM batch b
JOIN ledger_dropped d
  ON d.topic = $1::text
 AND d.kafka_partition = b.partition AND d.kafka_offset >= b.first_offset AND d.kafka_offset < b.end_offset
