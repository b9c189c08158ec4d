-- Creates the month of the ledger for a time if it does not exist, in a rebuild without most indexes. Returns its bounds
-- in microseconds.
SELECT (extract(epoch FROM month_begin) * 1000000)::bigint, (extract(epoch FROM month_end) * 1000000)::bigint
FROM ledger_make_month($1::timestamptz, to_regclass('rebuild_state') IS NULL)
