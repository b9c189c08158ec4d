-- The number of connections to this database.
SELECT numbackends::bigint AS connections FROM pg_stat_database WHERE datname = current_database()
