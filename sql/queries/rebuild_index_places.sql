-- The indexes that are still to be built, in the order in which they are begun.
SELECT place::bigint FROM rebuild_indexes ORDER BY place
