-- Generations that have been retired for the given number of seconds.
SELECT generation
FROM generations
WHERE state = 'retired' AND retired_at <= now() - $1::bigint * interval '1 second'
ORDER BY generation
