-- The statements that create the indexes that users have added to the live schema.
SELECT x.indexdef
FROM pg_indexes x
WHERE x.schemaname = current_setting('mneme.live')
  AND EXISTS (SELECT FROM rebuild_objects o WHERE o.kind = 'table' AND o.name = x.tablename)
  AND NOT EXISTS (SELECT FROM rebuild_objects o WHERE o.kind = 'index' AND o.name = x.indexname)
ORDER BY x.indexname
