-- Takes the index at the place $1 off the list, unless this transaction is rolled back. Waits for another session that
-- has begun it: if that session commits, the index is built, and no row is returned.
DELETE FROM rebuild_indexes WHERE place = $1::integer RETURNING statement
