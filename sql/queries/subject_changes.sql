-- What was found about each table.
SELECT table_name, live_rows, log_rows, missing, extra FROM subject_changes ORDER BY place
