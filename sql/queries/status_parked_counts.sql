-- How many events are parked.
SELECT projection, topic, count(*) AS events
FROM parked_events
GROUP BY projection, topic
