-- The version of the server, its clock, the current user, whether that user may create schemas, the version of
-- pgvector, and whether the user may add pgvector to the database.
SELECT current_setting('server_version') AS version,
       current_setting('server_version_num')::bigint AS version_number,
       clock_timestamp() AS now,
       current_user::text AS role,
       current_database()::text AS database,
       has_database_privilege(current_database(), 'CREATE') AS may_create,
       (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector_version,
       (SELECT default_version FROM pg_available_extensions WHERE name = 'vector') AS vector_available,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
           OR (has_database_privilege(current_database(), 'CREATE')
               AND EXISTS (SELECT FROM pg_available_extension_versions WHERE name = 'vector' AND trusted)) AS may_add_vector
