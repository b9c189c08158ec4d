-- Partitions of the topic $1 that the ledger has not folded up to the ends of the batch: $2 partitions, $3 ends.
SELECT b.partition, coalesce(p.next_offset, 0) AS next_offset
FROM unnest($2::bigint[], $3::bigint[]) AS b(partition, end_offset)
LEFT JOIN ledger_progress p ON p.topic = $1 AND p.partition = b.partition::integer
WHERE coalesce(p.next_offset, 0) < b.end_offset
