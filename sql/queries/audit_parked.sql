-- Where the log has events that are in no ledger because they are parked.
SELECT kafka_offset * 4096 + partition AS sequence_id FROM parked_events WHERE projection = 'postgres' ORDER BY 1
