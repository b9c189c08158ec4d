-- Drops the month that catalog_add_month.sql has created.
DROP TABLE events_1900_01
