-- Sends each text to those who listen to memory_events, when the transaction commits.
SELECT count(pg_notify('memory_events', payload)) FROM unnest($1::text[]) AS payload
