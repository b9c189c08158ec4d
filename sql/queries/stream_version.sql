-- The current version of a stream: $1 tenant, $2 stream.
SELECT version
FROM streams
WHERE tenant = $1::text
  AND stream_id = $2::text
