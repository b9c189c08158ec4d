-- What was found in each table, in the order in which they were compared.
SELECT table_name, live_rows, log_rows, missing, extra FROM subject_changes ORDER BY place
