-- Takes the lock that admits one rebuild or verification of the live schema at a time, for as long as the session
-- lasts.
SELECT pg_try_advisory_lock(hashtextextended('mneme rebuild ' || current_setting('mneme.live'), 0))
