-- The version of the server, how many connections this database and the whole server have, and how many connections the
-- server accepts.
SELECT current_setting('server_version') AS version,
       (SELECT numbackends FROM pg_stat_database WHERE datname = current_database())::bigint AS connections,
       (SELECT sum(numbackends) FROM pg_stat_database)::bigint AS all_connections,
       (current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint) AS most_connections
