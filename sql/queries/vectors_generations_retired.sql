-- Generations that were retired at least $1 seconds ago.
SELECT generation
FROM generations
WHERE state = 'retired' AND retired_at <= now() - $1::bigint * interval '1 second'
ORDER BY generation
