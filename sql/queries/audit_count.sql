-- Estimates how many rows the ledger has, from the statistics of its months.
SELECT coalesce(sum(greatest(reltuples::bigint, pg_stat_get_live_tuples(oid))), 0)::bigint
FROM pg_class WHERE oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass('events'))
