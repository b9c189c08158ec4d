-- Adds streams of the subject: $1 tenants, $2 streams.
INSERT INTO subject_streams SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING
