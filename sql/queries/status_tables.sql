-- The statement that returns rows and bytes of each table of the first schema on the path, the largest first. It counts
-- up to 10,000 rows of a table, and beyond that uses the server's statistics. The months of the ledger are one table.
SELECT format(
           $statement$
           WITH counted AS (%s)
           SELECT current_schema()::text AS schema,
                  name,
                  CASE
                      WHEN counted <= 10000 THEN counted
                      ELSE greatest(counted, noted.rows)
                  END AS rows,
                  counted > 10000 AS is_estimate,
                  noted.bytes
           FROM counted
           CROSS JOIN LATERAL (
               -- Of a partitioned table, the sums over its partitions. The rows are those per page when it was last
               -- analyzed, times the pages that it has now; before the first analysis, the number that the sessions
               -- have reported of their writes.
               SELECT sum(CASE
                              WHEN relpages > 0
                                  THEN reltuples / relpages
                                       * (pg_relation_size(oid) / current_setting('block_size')::bigint)
                              ELSE pg_stat_get_live_tuples(oid)
                          END)::bigint AS rows,
                      sum(pg_total_relation_size(oid))::bigint AS bytes
               FROM pg_class
               WHERE oid = to_regclass(quote_ident(name))
                  OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(quote_ident(name)))
           ) AS noted
           ORDER BY bytes DESC, name
           $statement$,
           string_agg(
               format('SELECT %L AS name, (SELECT count(*) FROM (SELECT 1 FROM %I LIMIT 10001) AS first_rows) AS counted',
                      relname, relname),
               ' UNION ALL '
           )
       )
FROM pg_class
WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND relname <> 'schema_migrations'
HAVING count(*) > 0
