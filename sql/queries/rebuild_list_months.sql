-- Adds the indexes of the ledger's months to those that are to be built, unless they are there already.
INSERT INTO rebuild_indexes
SELECT (SELECT coalesce(max(place), 0) FROM rebuild_indexes) + row_number() OVER (), statement
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
CROSS JOIN LATERAL ledger_month_indexes(to_date(right(c.relname, 7), 'YYYY_MM')) AS statement
WHERE i.inhparent = 'events'::regclass AND statement NOT IN (SELECT statement FROM rebuild_indexes)
