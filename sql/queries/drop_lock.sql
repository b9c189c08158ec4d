-- Keeps rebuilds and verifications of the schemas $1 and $2 away until the transaction ends, and makes it last: a rebuild that
-- is past the event would not know that it was dropped.
SELECT pg_try_advisory_xact_lock_shared(hashtextextended('mneme rebuild ' || $1::text, 0))
       AND pg_try_advisory_xact_lock_shared(hashtextextended('mneme rebuild ' || $2::text, 0)) AS is_free,
       set_config('synchronous_commit', 'on', true)
