-- The last event and hash of the chain in each of the partitions $1.
SELECT kafka_partition::bigint, sequence_id, hash FROM ledger_heads WHERE kafka_partition = ANY ($1::bigint[])
