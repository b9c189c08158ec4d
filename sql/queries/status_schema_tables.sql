-- Rows and bytes of all tables of the first schema on the path. The rows are what the sessions have told of their
-- writing, or those of a page when the table was analyzed last, for the pages that there are now.
SELECT current_schema()::text AS schema,
       relname::text AS name,
       greatest(
           pg_stat_get_live_tuples(oid),
           CASE
               WHEN relpages > 0 THEN reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::bigint)
               ELSE 0
           END
       )::bigint AS rows,
       true AS is_estimate,
       pg_total_relation_size(oid)::bigint AS bytes
FROM pg_class
WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind = 'r' AND relname <> 'schema_migrations'
ORDER BY relname
