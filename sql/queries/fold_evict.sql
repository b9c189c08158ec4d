-- Ends the sessions of the owners of partitions, because a stopped process could hold its locks forever: $1 projection,
-- $2 topic, $3 partitions.
SELECT pg_terminate_backend(owners.pid)
FROM (
    SELECT DISTINCT a.pid
    FROM progress p JOIN pg_stat_activity a ON a.application_name = p.owner AND a.datname = current_database()
    WHERE p.projection = $1 AND p.topic = $2 AND p.partition = ANY ($3::bigint[]) AND a.pid <> pg_backend_pid()
) owners
