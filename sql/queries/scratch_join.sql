-- Marks this session as one that works in the scratch schema, for as long as it lasts.
SELECT pg_advisory_lock_shared(hashtextextended('mneme rebuild work ' || current_schema(), 0))
