-- Gives each month of the ledger its primary key, and the indexes that it still lacks, because a month may have been
-- created after the list of indexes was made.
SELECT ledger_index_month(to_date(right(c.relname, 7), 'YYYY_MM'))
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'events'::regclass
