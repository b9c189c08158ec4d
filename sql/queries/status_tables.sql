-- Rows and bytes of the tables: counted up to 10,000 rows, beyond by what the server has noted itself.
WITH counted AS (
    SELECT 0 AS place, 'events' AS name, (SELECT count(*) FROM (SELECT 1 FROM events LIMIT 10001) AS first_rows) AS counted
    UNION ALL
    SELECT 1 AS place, 'streams' AS name, (SELECT count(*) FROM (SELECT 1 FROM streams LIMIT 10001) AS first_rows) AS counted
    UNION ALL
    SELECT 2 AS place, 'memories' AS name, (SELECT count(*) FROM (SELECT 1 FROM memories LIMIT 10001) AS first_rows) AS counted
    UNION ALL
    SELECT 3 AS place, 'conversations' AS name, (SELECT count(*) FROM (SELECT 1 FROM conversations LIMIT 10001) AS first_rows) AS counted
    UNION ALL
    SELECT 4 AS place, 'conversation_turns' AS name, (SELECT count(*) FROM (SELECT 1 FROM conversation_turns LIMIT 10001) AS first_rows) AS counted
    UNION ALL
    SELECT 5 AS place, 'verdict_exceptions' AS name, (SELECT count(*) FROM (SELECT 1 FROM verdict_exceptions LIMIT 10001) AS first_rows) AS counted
    UNION ALL
    SELECT 6 AS place, 'parked_events' AS name, (SELECT count(*) FROM (SELECT 1 FROM parked_events LIMIT 10001) AS first_rows) AS counted
    UNION ALL
    SELECT 7 AS place, 'progress' AS name, (SELECT count(*) FROM (SELECT 1 FROM progress LIMIT 10001) AS first_rows) AS counted
)
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
    -- A table in parts is what its parts are. The rows of a page when it was analyzed last, for the pages that there
    -- are now; before that what the sessions have told of their writing.
    SELECT sum(CASE
                   WHEN relpages > 0 THEN reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::bigint)
                   ELSE pg_stat_get_live_tuples(oid)
               END)::bigint AS rows,
           sum(pg_total_relation_size(oid))::bigint AS bytes
    FROM pg_class
    WHERE oid = to_regclass(name) OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(name))
) AS noted
ORDER BY place
