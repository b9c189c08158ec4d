-- The records of the active generation are lost, as $1 has seen, for the reason $2.
INSERT INTO losses (generation, seen_by, reason)
SELECT generation, $1::text, $2::text FROM generations WHERE state = 'active'
ON CONFLICT (generation, seen_by) DO UPDATE SET reason = excluded.reason
