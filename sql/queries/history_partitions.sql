-- How many partitions the topic $1 had when the ledger began to fold it; null if it never did.
SELECT max(topic_partitions)::bigint FROM progress WHERE projection = 'postgres' AND topic = $1
