-- How many connections this database has.
SELECT numbackends::bigint AS connections FROM pg_stat_database WHERE datname = current_database()
