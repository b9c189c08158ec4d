-- Keeps rebuilds and verifications of the schemas $1 and $2 away until the transaction ends, unless one is running
-- (is_free is false), since a rebuild that has passed the event would not notice that it is dropped. Also makes the
-- transaction durable.
SELECT pg_try_advisory_xact_lock_shared(hashtextextended('mneme rebuild ' || $1::text, 0))
       AND pg_try_advisory_xact_lock_shared(hashtextextended('mneme rebuild ' || $2::text, 0)) AS is_free,
       set_config('synchronous_commit', 'on', true)
