-- The partitions of tables in the first schema on the path, as an array in text form.
SELECT coalesce(array_agg(c.relname::text), '{}')::text
FROM pg_class c
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relispartition AND c.relkind = 'r'
