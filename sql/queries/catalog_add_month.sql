-- A month of the ledger as it must be, for an example: long before all others.
SELECT ledger_make_month('1900-01-15', true)
