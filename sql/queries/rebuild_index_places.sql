-- The places of the statements that are still to be run for indexes and statistics, in the order in which they are
-- begun.
SELECT place::bigint FROM rebuild_indexes ORDER BY place
