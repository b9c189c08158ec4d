-- Creates a month of the ledger, long before all others, as an example of what months must look like.
SELECT ledger_make_month('1900-01-15', true)
