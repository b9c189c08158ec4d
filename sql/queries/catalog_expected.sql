-- The objects that a schema must have, as recorded from the migrated scratch schema, in the order of
-- catalog_objects.sql: $1 the partitions of its tables (an array as text), each of which must be like the example, the
-- table $2 (or null).
SELECT table_name, kind, name, definition
FROM rebuild_objects WHERE table_name IS DISTINCT FROM $2::text
UNION ALL
SELECT p.name COLLATE "C", o.kind, replace(o.name, $2, p.name) COLLATE "C", replace(o.definition, $2, p.name)
FROM rebuild_objects o CROSS JOIN unnest($1::text[]) AS p (name) WHERE o.table_name = $2
ORDER BY table_name, kind, name
