-- Fences the workers of the partitions $2 of the topic $1, because what they remember of streams may be out of date.
UPDATE progress SET epoch = epoch + 1 WHERE projection = 'postgres' AND topic = $1 AND partition = ANY ($2::bigint[])
