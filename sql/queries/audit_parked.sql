-- The sequence_ids of events that are in the log but not in the ledger, because they were parked or dropped.
SELECT kafka_offset * 4096 + partition AS sequence_id FROM parked_events WHERE projection = 'postgres'
UNION
SELECT kafka_offset * 4096 + kafka_partition FROM ledger_dropped
ORDER BY 1
