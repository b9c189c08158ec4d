-- Stores the last event and hash of the chain: $1 partitions, $2 sequence_ids, $3 hashes.
INSERT INTO ledger_heads (kafka_partition, sequence_id, hash)
SELECT h.kafka_partition::integer, h.sequence_id, h.hash
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS h (kafka_partition, sequence_id, hash)
ON CONFLICT (kafka_partition) DO UPDATE SET sequence_id = excluded.sequence_id, hash = excluded.hash
