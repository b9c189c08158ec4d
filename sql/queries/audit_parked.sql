-- Where the log has events that are in no ledger because they are parked or dropped.
SELECT kafka_offset * 4096 + partition AS sequence_id FROM parked_events WHERE projection = 'postgres'
UNION
SELECT kafka_offset * 4096 + kafka_partition FROM ledger_dropped
ORDER BY 1
