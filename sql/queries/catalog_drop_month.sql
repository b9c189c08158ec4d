-- The example is known.
DROP TABLE events_1900_01
