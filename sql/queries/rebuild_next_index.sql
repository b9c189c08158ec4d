-- Takes the next index that is to be built; it stays on the list unless this transaction commits.
DELETE FROM rebuild_indexes
WHERE place = (SELECT place FROM rebuild_indexes ORDER BY place LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING statement
