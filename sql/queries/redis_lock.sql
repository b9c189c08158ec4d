-- Takes the lock that admits one rebuild or verification of the keys in Redis at a time, for as long as the session
-- lasts: $1 the prefix of the keys.
SELECT pg_try_advisory_lock(hashtextextended('mneme rebuild redis ' || $1::text, 0))
