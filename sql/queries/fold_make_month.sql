-- Creates the month of the ledger for the time $1 if it does not exist; during a rebuild, without most of its indexes.
-- Returns the month's bounds in microseconds.
SELECT (extract(epoch FROM month_begin) * 1000000)::bigint, (extract(epoch FROM month_end) * 1000000)::bigint
FROM ledger_make_month($1::timestamptz, to_regclass('rebuild_state') IS NULL)
