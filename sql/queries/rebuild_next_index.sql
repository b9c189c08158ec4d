-- Takes the index at place $1 off the list, unless this transaction is rolled back. A session that had begun it before is
-- waited for: what it commits is done, and no row is given.
DELETE FROM rebuild_indexes WHERE place = $1::integer RETURNING statement
