-- How many partitions the topic $1 had when the ledger began with it; null when it never did.
SELECT max(topic_partitions)::bigint FROM progress WHERE projection = 'postgres' AND topic = $1
