-- One rebuild or verification of the keys in Redis at a time, for as long as the session lasts: $1 their prefix.
SELECT pg_try_advisory_lock(hashtextextended('mneme rebuild redis ' || $1::text, 0))
