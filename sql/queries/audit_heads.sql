-- The last event and hash of the chain in each partition.
SELECT kafka_partition::bigint, sequence_id, hash FROM ledger_heads ORDER BY sequence_id
