-- The parts of the chain that are in detached months, in the order of their offsets.
SELECT kafka_partition::bigint, first_offset, last_offset, row_count, previous_hash, hash
FROM ledger_bases ORDER BY first_offset, kafka_partition
