-- Takes the lock that admits one rebuild of vectors or change of their model at a time, for as long as the session
-- lasts.
SELECT pg_try_advisory_lock(hashtextextended('mneme rebuild ' || current_schema(), 0))
