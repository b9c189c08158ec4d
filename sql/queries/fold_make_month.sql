-- The month of the ledger that a time lies in, made unless it is there, in a rebuild without most indexes; its bounds in
-- microseconds.
SELECT (extract(epoch FROM month_begin) * 1000000)::bigint, (extract(epoch FROM month_end) * 1000000)::bigint
FROM ledger_make_month($1::timestamptz, to_regclass('rebuild_state') IS NULL)
