-- Takes the lock that admits one builder of indexes on raw vectors at a time, for as long as the session lasts.
SELECT pg_try_advisory_lock(hashtextextended('mneme vectors indexes ' || current_schema(), 0))
