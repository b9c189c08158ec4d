-- Where the chain of hashes ends in these partitions.
SELECT kafka_partition::bigint, sequence_id, hash FROM ledger_heads WHERE kafka_partition = ANY ($1::bigint[])
