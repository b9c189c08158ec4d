-- Objects that depend on the live schema and would be lost or left behind with its tables: relations without a
-- counterpart in the scratch schema, and views, foreign keys and columns of other schemas that refer to its tables and
-- types.
SELECT format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_setting('mneme.live') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT c.relispartition
  AND to_regclass(format('%I.%I', current_setting('mneme.scratch'), c.relname)) IS NULL
UNION
SELECT format('%I.%I', n.nspname, v.relname)
FROM pg_depend d
JOIN pg_class t ON t.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
JOIN pg_class v ON v.oid = r.ev_class
JOIN pg_namespace n ON n.oid = v.relnamespace
WHERE t.relnamespace = to_regnamespace(quote_ident(current_setting('mneme.live'))) AND v.relnamespace <> t.relnamespace
UNION
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_constraint k
JOIN pg_class t ON t.oid = k.confrelid
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.relnamespace = to_regnamespace(quote_ident(current_setting('mneme.live'))) AND c.relnamespace <> t.relnamespace
UNION
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_attribute a
JOIN pg_type y ON y.oid = a.atttypid
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE y.typnamespace = to_regnamespace(quote_ident(current_setting('mneme.live'))) AND c.relnamespace <> y.typnamespace
ORDER BY name
LIMIT 5
