-- Events of the batch that have no effect: $1 partitions, $2 first offsets, $3 ends. If the ledger has parked an event,
-- blocked_by is the offset that it waits behind; is_dropped says whether it was dropped there.
SELECT e.kafka_partition::bigint, e.kafka_offset, p.blocked_by, d.kafka_offset IS NOT NULL AS is_dropped
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS b(partition, first_offset, end_offset)
JOIN ledger_exceptions e
  ON e.kafka_partition = b.partition::integer AND e.kafka_offset >= b.first_offset AND e.kafka_offset < b.end_offset
LEFT JOIN ledger_parked p ON p.kafka_partition = e.kafka_partition AND p.kafka_offset = e.kafka_offset
LEFT JOIN ledger_dropped d ON d.kafka_partition = e.kafka_partition AND d.kafka_offset = e.kafka_offset
