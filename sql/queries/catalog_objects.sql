-- The objects of the first schema on the path: the table (or '' if the object belongs to none), the kind and name of
-- each object, and its definition. Definitions do not contain the schema's own name, so that two schemas can be
-- compared. The columns of the order are compared byte by byte.
WITH tables AS (
    SELECT c.oid, c.relname, c.relispartition, c.relpersistence, c.reloptions
    FROM pg_class c
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p')
      AND c.relname NOT IN ('rebuild_state', 'rebuild_indexes', 'rebuild_keys', 'rebuild_objects')
)
SELECT t.relname::text COLLATE "C" AS table_name, 'table' COLLATE "C" AS kind, t.relname::text COLLATE "C" AS name,
       concat_ws(' ', t.relpersistence, t.reloptions) AS definition
FROM tables t
UNION ALL
SELECT t.relname, 'column', a.attname,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                 CASE WHEN a.attcollation <> y.typcollation THEN 'COLLATE ' || l.collname END,
                 CASE WHEN NOT t.relispartition THEN 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END,
                 a.attidentity, a.attgenerated)
FROM tables t
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT t.relname, 'index', i.relname,
       concat_ws(' ', pg_get_indexdef(i.oid, 0, true), CASE WHEN NOT x.indisvalid THEN 'INVALID' END)
FROM tables t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
-- Indexes of collections of raw vectors depend on the vectors (pgvector_raw_indexes.sql).
WHERE i.relname !~ '^raw_vectors_[0-9]+_nearest_'
UNION ALL
SELECT t.relname, 'constraint', k.conname,
       concat_ws(' ', pg_get_constraintdef(k.oid), CASE WHEN NOT k.convalidated THEN 'NOT VALID' END)
FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')
UNION ALL
SELECT c.relname, 'view', c.relname, md5(pg_get_viewdef(c.oid, true))
FROM pg_class c WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind = 'v'
UNION ALL
SELECT '', 'function', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', md5(p.prosrc)
FROM pg_proc p WHERE p.pronamespace = quote_ident(current_schema())::regnamespace
UNION ALL
SELECT '', 'type', y.typname, string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder)
FROM pg_type y JOIN pg_enum e ON e.enumtypid = y.oid
WHERE y.typnamespace = quote_ident(current_schema())::regnamespace
GROUP BY y.typname
ORDER BY table_name, kind, name
