-- Sends each text of $1 to the listeners of memory_events when the transaction commits.
SELECT count(pg_notify('memory_events', payload)) FROM unnest($1::text[]) AS payload
