-- One rebuild or verification of a schema at a time, for as long as the session lasts.
SELECT pg_try_advisory_lock(hashtextextended('mneme rebuild ' || current_setting('mneme.live'), 0))
