-- Drops the example month.
DROP TABLE events_1900_01
