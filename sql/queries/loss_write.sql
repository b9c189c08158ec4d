-- Records that the records of the active generation are lost: $1 who found out, $2 the reason.
INSERT INTO losses (generation, seen_by, reason)
SELECT generation, $1::text, $2::text FROM generations WHERE state = 'active'
ON CONFLICT (generation, seen_by) DO UPDATE SET reason = excluded.reason
