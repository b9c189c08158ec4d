-- Whether events of any key wait.
SELECT EXISTS (SELECT FROM parked_events WHERE projection = 'postgres' AND blocked_by >= 0) AS has_parked
