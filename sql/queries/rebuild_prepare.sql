-- Prepares a migrated scratch schema for the load: drops every index that the fold does not use, and records the
-- statement that creates it again. The fold uses primary keys, except those of tables that it only appends to (the
-- ledger, verdict_exceptions, and tables of former versions, which have a superseded_sequence), and events_event_id,
-- which shows whether an event's id was seen.
CREATE TABLE rebuild_state (
    topic            text    NOT NULL,
    topic_partitions integer NOT NULL
);
CREATE TABLE rebuild_indexes (
    place     integer PRIMARY KEY,
    statement text NOT NULL
);
CREATE TABLE rebuild_keys AS -- the columns of primary keys, by the names of their tables
SELECT c.relname::text AS table_name, a.attname::text AS column_name, k.place
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid
CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
WHERE i.indisprimary AND c.relnamespace = quote_ident(current_schema())::regnamespace AND NOT c.relispartition
UNION ALL
SELECT 'events', 'sequence_id', 1; -- its months have the primary keys
CREATE TEMPORARY TABLE rebuild_deferred ON COMMIT DROP AS
SELECT i.indexrelid::regclass::text AS index_name,
       i.indrelid::regclass::text AS table_name,
       con.conname AS constraint_name,
       CASE WHEN con.oid IS NULL THEN replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')
            ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', i.indrelid::regclass, con.conname,
                        pg_get_constraintdef(con.oid))
       END AS statement
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_class ic ON ic.oid = i.indexrelid
LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x')
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
  AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname NOT IN ('schema_migrations', 'progress', 'rebuild_state', 'rebuild_indexes', 'rebuild_keys',
                        'rebuild_objects')
  AND ic.relname <> 'events_event_id'
  AND (NOT i.indisprimary OR c.relname IN ('events', 'verdict_exceptions')
       OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'superseded_sequence'));
INSERT INTO rebuild_indexes
SELECT row_number() OVER (ORDER BY constraint_name IS NULL, index_name), statement FROM rebuild_deferred;
DO $$
DECLARE
    deferred record;
BEGIN
    FOR deferred IN SELECT * FROM rebuild_deferred LOOP
        IF deferred.constraint_name IS NULL THEN
            EXECUTE format('DROP INDEX %s', deferred.index_name);
        ELSE
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', deferred.table_name, deferred.constraint_name);
        END IF;
    END LOOP;
END
$$
