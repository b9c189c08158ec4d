-- Priorities have decimals: 7.5 lies between 7 and 8.
ALTER TABLE memories ALTER COLUMN priority TYPE double precision;
ALTER TABLE memories_history ALTER COLUMN priority TYPE double precision;
ALTER TABLE retention_policies ALTER COLUMN min_priority TYPE double precision;
ALTER TABLE retention_policies_history ALTER COLUMN min_priority TYPE double precision;
