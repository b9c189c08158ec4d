-- Which of the names of the scratch schema and the replaced one are taken, and whether by a schema that Mneme created.
SELECT nspname, coalesce(obj_description(oid, 'pg_namespace') LIKE 'mneme: %', false) AS is_ours
FROM pg_namespace
WHERE nspname IN (current_setting('mneme.scratch'), current_setting('mneme.old'))
ORDER BY nspname
