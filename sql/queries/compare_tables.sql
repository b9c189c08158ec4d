-- How to compare each table of the scratch schema with the live one: its name, the kinds and names of the columns of
-- its key, and the two COPY statements that return keys and hashes of rows in the order of the keys. Kinds: u uuid, n
-- number, m time, t text and everything that is compared as text. left_out are the columns that differ by their nature.
WITH left_out (table_name, column_name) AS (
    VALUES ('parked_events', 'parked_at'),
           ('progress', 'owner'), ('progress', 'epoch'), ('progress', 'updated_at'), ('progress', 'last_digest')
),
columns AS (
    SELECT c.oid, c.relname, a.attnum, a.attname,
           CASE t.typname WHEN 'uuid' THEN 'u' WHEN 'timestamptz' THEN 'm' WHEN 'int8' THEN 'n' WHEN 'int4' THEN 'n'
                          WHEN 'int2' THEN 'n' ELSE 't' END AS kind
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname NOT IN ('schema_migrations', 'hand_parked', 'dropped_events', 'schema_waits', 'log_losses', 'redis_rewinds',
                            'rebuild_state', 'rebuild_indexes', 'rebuild_keys', 'rebuild_objects')
),
keys AS (
    SELECT c.relname,
           string_agg(c.kind, '' ORDER BY k.place) AS kinds,
           string_agg(c.attname, '/' ORDER BY k.place) AS names,
           string_agg(CASE c.kind WHEN 't' THEN format('%I::text', c.attname) ELSE format('%I', c.attname) END, ', '
                      ORDER BY k.place) AS chosen,
           string_agg(CASE c.kind WHEN 't' THEN format('%I::text COLLATE "C"', c.attname) ELSE format('%I', c.attname) END,
                      ', ' ORDER BY k.place) AS ordered
    FROM rebuild_keys k
    JOIN columns c ON c.relname = k.table_name AND c.attname = k.column_name
    GROUP BY c.relname
),
hashed AS (
    SELECT c.relname, string_agg(format('%I', c.attname), ', ' ORDER BY c.attnum) AS columns
    FROM columns c
    WHERE NOT EXISTS (SELECT FROM left_out l WHERE l.table_name = c.relname AND l.column_name = c.attname)
    GROUP BY c.relname
)
SELECT h.relname, coalesce(k.kinds, '') AS kinds,
       format('COPY (SELECT %s, md5(ROW(%s)::text)::uuid FROM %I.%I ORDER BY %s) TO STDOUT (FORMAT binary)',
              k.chosen, h.columns, current_setting('mneme.live'), h.relname, k.ordered) AS live,
       format('COPY (SELECT %s, md5(ROW(%s)::text)::uuid FROM %I.%I ORDER BY %s) TO STDOUT (FORMAT binary)',
              k.chosen, h.columns, current_setting('mneme.scratch'), h.relname, k.ordered) AS scratch
FROM hashed h LEFT JOIN keys k USING (relname)
ORDER BY h.relname
