-- How many errors were reported within the last hour.
SELECT count(*) AS errors
FROM events
WHERE recorded_at > now() - interval '1 hour' AND event_type = 'error_occurred' AND verdict = 'accepted'
