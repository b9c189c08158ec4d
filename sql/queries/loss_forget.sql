-- Deletes the losses reported by $1, which has found that the records are not lost, and losses of generations that are
-- no longer active.
DELETE FROM losses WHERE seen_by = $1 OR generation NOT IN (SELECT generation FROM generations WHERE state = 'active')
