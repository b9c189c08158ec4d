-- Which of the names for scratch schemas are taken, and whether by one that Mneme made.
SELECT nspname, coalesce(obj_description(oid, 'pg_namespace') LIKE 'mneme: %', false) AS is_ours
FROM pg_namespace
WHERE nspname IN (current_setting('mneme.scratch'), current_setting('mneme.old'))
ORDER BY nspname
