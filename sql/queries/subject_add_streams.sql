-- Adds streams of the subject.
INSERT INTO subject_streams SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING
