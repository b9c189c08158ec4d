-- Creates the tables for the streams of a subject, and for what is found when each table's rows of these streams are
-- compared.
CREATE TEMPORARY TABLE subject_streams (
    tenant text COLLATE "C", stream_id text COLLATE "C", PRIMARY KEY (tenant, stream_id)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE subject_changes (
    place serial, table_name text, live_rows bigint, log_rows bigint, missing bigint, extra bigint
) ON COMMIT DROP
