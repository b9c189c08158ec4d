-- How many events were parked within the last hour.
SELECT count(*) AS errors FROM parked_events WHERE parked_at > now() - interval '1 hour'
