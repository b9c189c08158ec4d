-- How many events are parked, by projection and topic.
SELECT projection, topic, count(*) AS events
FROM parked_events
GROUP BY projection, topic
