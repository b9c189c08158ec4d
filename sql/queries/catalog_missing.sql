-- The statements that create the recorded indexes and constraints that the schema $1 lacks, keys first.
SELECT CASE o.kind WHEN 'index' THEN replace(o.definition, ' ON ONLY ', ' ON ')
                   ELSE format('ALTER TABLE %I ADD CONSTRAINT %I %s', o.table_name, o.name, o.definition) END
FROM rebuild_objects o
WHERE CASE o.kind
          WHEN 'constraint' THEN NOT EXISTS (
              SELECT FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = $1 AND c.relname = o.table_name AND k.conname = o.name)
          WHEN 'index' THEN NOT EXISTS (
              SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = $1 AND c.relname = o.name)
              AND NOT EXISTS (
              SELECT FROM rebuild_objects k
              WHERE k.kind = 'constraint' AND k.table_name = o.table_name AND k.name = o.name)
          ELSE false
      END
ORDER BY o.kind, o.table_name, o.name
