-- Whether the ledger has parked events that later events of their keys wait behind.
SELECT EXISTS (SELECT FROM parked_events WHERE projection = 'postgres' AND blocked_by >= 0) AS has_parked
