-- Where the ledger is: $1 topic, $2 partitions of it.
SELECT partition::bigint, next_offset
FROM ledger_progress
WHERE topic = $1::text AND partition = ANY ($2::bigint[])
